"""`make trace-test`: traces of real runs, read with trace-cmd and compared with the kernel's own counters; and traces of
runs that hang, panic or are killed; and damaged memory files."""

import collections
import fnmatch
import os
import re
import signal
import subprocess
import time

from tools.runner import smp_test, trace_viewers
from tools.runner.options import MIB, Refusal
from tools.runner.show import ConsoleLog, log_path, say, verdict
from tools.runner.trace_damage import check_damaged
from tools.runner.trace_lapped import check_lapped
from tools.runner.trace_reading import Failure, read_counters, read_events, trace_cmd

# What the kernel counts, and the events that say the same.
SAME = {
    "pgfault": ("page_fault_user", "page_fault_kernel"),
    "context_switch": ("sched_switch",),
    "wakeup": ("sched_waking",),
    "shootdown": ("shootdown",),
    "pgalloc": ("mm_page_alloc",),
    "pgfree": ("mm_page_free",),
}
COMPARED = "lockstat=on trace=sched:*,page_fault*,shootdown,kmem:*,contention*,lock_wait"
STRESS = "stress_*"
# Mutants: one hangs its test, which the test's own limit ends; one fails an assertion.
HUNG, PANICKED = "R32", "R55"


def log_text(config, name):
    """A console as it was kept."""
    with open(log_path(config, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def run(config, pattern, words, name, on_end=None):
    """One boot of the test image; (run, path of its trace or None)."""
    log = ConsoleLog(log_path(config, name))
    traces = []

    def ended(machine, outcome):
        traces.append(smp_test.save_trace(config, machine, outcome))
        if on_end:
            on_end(machine, outcome)

    outcome = smp_test.boot(config, [f"test={pattern}", words], log, on_end=ended)
    log.close()
    return outcome, config.path("trace.dat") if traces[0] else None


def check_counts(config):
    """Every event that the kernel counts is in the trace, once."""
    outcome, path = run(config.with_(memory=1024 * MIB), STRESS, COMPARED, "trace-counts")
    if outcome.failed:
        raise Failure(f"the run failed: {outcome.broken() or outcome.failures}")
    if not path:
        raise Failure("there is no trace")
    counters = read_counters(config)
    found = collections.Counter(event[4] for event in read_events(path))
    if counters["lost"]:
        raise Failure(f"{counters['lost']} events were lost: the rings are too small for this comparison")
    for counter, names in SAME.items():
        events = sum(found[name] for name in names)
        if events != counters[counter] or not events:
            raise Failure(f"{' + '.join(names)}: {events} in the trace; the kernel counted {counters[counter]} ({counter})")
    contentions = sum(row.contentions for row in smp_test.lock_report.parse(outcome.lock_report))
    waits = (found["contention_begin"], found["contention_end"], found["lock_wait"])
    if set(waits) != {contentions}:
        raise Failure(f"contention_begin, contention_end, lock_wait: {waits} in the trace; the lock report has {contentions}")
    trace_cmd(path, "--check-events")
    trace_cmd(path, "--ts-check")


def check_tasks(config):
    """Who runs is who was switched to; who died says so; addresses have names."""
    path = config.path("trace.dat")
    running = {}
    states = set()
    for task, pid, cpu, seconds, event, text in read_events(path):
        if cpu in running and running[cpu] != pid:
            raise Failure(f"at {seconds}: CPU {cpu} ran pid {running[cpu]} and an event of it says pid {pid} ({event})")
        switch = re.match(r"(.*):(\d+) \[\d+\] (\S+) ==> (.*):(\d+) \[\d+\]$", text) if event == "sched_switch" else None
        if switch:
            if int(switch[2]) != pid or (pid and switch[1] != task):
                raise Failure(f"at {seconds}: sched_switch of {task}-{pid} says {switch[1]}:{switch[2]}")
            running[cpu] = int(switch[5])
            states.add(switch[3])
        elif event == "page_fault_kernel" and not re.search(r"ip=copy_\w+\+0x", text):
            raise Failure(f"at {seconds}: a test's fault comes from a user copy, this one says: {text}")
    if not states <= set("RSDZX") or not {"R", "D"} <= states or not states & set("ZX"):
        raise Failure(f"the states of tasks that were switched away are {sorted(states)}")


def check_full_rings(config):
    """Rings that are far too small keep the newest events of every CPU and say how many are gone."""
    _, path = run(config.with_(memory=32 * MIB), "stress_*", "trace=all", "trace-small")
    events = read_events(path)
    lost = read_counters(config)["lost"]
    if not lost or "EVENTS DROPPED" not in trace_cmd(path):
        raise Failure(f"{lost} events were lost and trace-cmd does not say so")
    trace_cmd(path, "--ts-check")
    ends = {cpu: seconds for _, _, cpu, seconds, _, _ in events}
    if set(ends) != set(range(config.cpus)):
        raise Failure(f"there are events of CPUs {sorted(ends)} only")


def check_unhappy_end(config, mutant, word):
    """A run that failed has a trace like any other, up to its end."""
    with open("tests/mutants.list", encoding="utf-8") as file:
        tests = next(line.split()[1] for line in file if line.startswith(mutant))
    outcome, path = run(config.with_(quiet_seconds=20, boot=f"mutant={mutant}"), tests, smp_test.RECORDED, f"trace-{mutant}")
    if word not in log_text(config, f"trace-{mutant}"):
        raise Failure(f"mutant {mutant} did not end with {word!r}: {outcome.end.sentence}")
    if not path or not read_events(path):
        raise Failure("there is no trace")
    trace_cmd(path, "--ts-check")


def check_ended_from_outside(config, end_it, reason, then=None):
    """A machine that is taken away in the middle of everything: what was recorded up to then is there."""
    outcome = smp_test.Run()
    log = ConsoleLog(log_path(config, f"trace-{reason}"))
    with smp_test.Machine(config, [f"test={STRESS}", "trace=all"]) as machine:
        for event in machine.events():
            if isinstance(event, smp_test.Record):
                outcome.take(event)
                if event.kind == "trace":
                    time.sleep(1)
                    end_it(machine)
            elif isinstance(event, smp_test.Console):
                log.add(event.data)
            else:
                outcome.end = event
        log.close()
        if outcome.end.reason != reason:
            raise Failure(f"the machine was to end with {reason}, and: {outcome.end.sentence}")
        if not smp_test.save_trace(config, machine, outcome) or not read_events(config.path("trace.dat")):
            raise Failure("there is no trace")
        trace_cmd(config.path("trace.dat"), "--ts-check")
        if then:
            then(config, machine.ram, *outcome.rings[-1])


def check_read_live(config):
    """Reads rings of a few pages while four CPUs write every event there is."""
    thrown = []

    def look(machine, rings):
        thrown.append(check_lapped(machine, rings, config.path("log", "lapped.dat")))

    log = ConsoleLog(log_path(config, "trace-lapped"))
    with smp_test.Machine(config.with_(memory=32 * MIB), [f"test={STRESS}", "trace=all"]) as machine:
        outcome = smp_test.Run()
        for event in machine.events():
            if isinstance(event, smp_test.Record):
                outcome.take(event)
                if event.kind == "tap" and event.text.startswith("1.."):
                    time.sleep(1)  # until they are full; when they are not yet, the check says less, and nothing wrong
                    look(machine, outcome.rings[-1])
            elif isinstance(event, smp_test.Console):
                log.add(event.data)
    log.close()
    if not thrown:
        raise Failure("the run announced no tests")
    return f"{thrown[0]} pages were begun while their copies were made"


def kill_qemu(machine):
    """As a user who has no patience does."""
    os.kill(machine.process.pid, signal.SIGKILL)


def freeze(machine):
    """The guest's CPUs stand still: it neither makes progress nor answers the watchdog's NMI."""
    machine.ask("stop")


def main(config):
    """The command. Its tests need a second CPU, and each says for itself what it boots with."""
    config = config.with_(cpus=max(2, config.cpus), boot="")
    cases = [
        ("counts", "events in the trace are the kernel's counters and the lock report's", lambda: check_counts(config)),
        ("tasks", "pids, names, states and symbols are right", lambda: check_tasks(config)),
        ("full rings", "rings that are too small keep the newest of every CPU", lambda: check_full_rings(config)),
        ("hang", f"mutant {HUNG}: a run that hangs leaves a trace",
         lambda: check_unhappy_end(config, HUNG, ": hung")),
        ("panic", f"mutant {PANICKED}: a run that panics leaves a trace",
         lambda: check_unhappy_end(config, PANICKED, "panic on cpu")),
        ("watchdog", "a machine that the watchdog had to kill leaves a trace",
         lambda: check_ended_from_outside(config.with_(quiet_seconds=3), freeze, "hang")),
        ("killed and damaged", "a killed QEMU leaves a trace; damaged memory files are refused in one sentence",
         lambda: check_ended_from_outside(config, kill_qemu, "killed", check_damaged)),
    ]
    cases[3:3] = [("lapped", "rings that are lapped while they are read give whole events only", lambda: check_read_live(config))]
    cases += trace_viewers.cases(config, run)
    chosen = os.environ.get("TEST") or "*"
    cases = [case for case in cases if fnmatch.fnmatch(case[0], chosen)]
    if not cases:
        raise Refusal(f"TEST={chosen} matches no case of the trace suite.")
    failed = 0
    for name, shows, check in cases:
        try:
            figure = check()
            say(f"ok - {name}: {shows}" + (f"; {figure}" if figure else ""))
        except Failure as failure:
            failed += 1
            say(f"not ok - {name}: {shows}\n# {failure}")
    verdict(len(cases) - failed, failed)
    return 1 if failed else 0
