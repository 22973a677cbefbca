"""`make smp-test`: boots the test kernel, shows its TAP as it comes, and gives the verdict."""

import os
import subprocess
import sys
import time

from tools.runner import lock_report
from tools.runner.machine import Console, Machine
from tools.runner.options import Refusal
from tools.runner.records import Record, parse_plan, parse_result
from tools.runner.show import ConsoleLog, log_path, relative, say, verdict
from tools.trace import report as trace_report

# Waits, faults, switches and shootdowns: what the report and the first look at a trace need, without every acquire.
RECORDED = ("lockstat=on trace=sched:*,contention*,lock_wait,lock_held,mmap_lock:*,page_fault*,fault_phase,race_point,"
            "shootdown,tlb_flush,call_function*")
RECORDED_ALL = "lockstat=on trace=all"
NO_SUCH_TEST = "no test has such a name"  # the kernel's own words (tests/tests_main.c)


class Run:
    """The outcome of one boot of the test image."""

    def __init__(self):
        self.planned = None
        self.results = []
        self.notes = []          # TAP comments since the last result: what failed, and how
        self.failures = {}       # test name -> its comments
        self.lock_report = []
        self.rings = []          # (physical address, bytes) of the trace rings
        self.microseconds = None  # of guest time, from the first test to the end of the last
        self.end = None

    @property
    def passed(self):
        """Results that passed and were not skipped."""
        return sum(r.passed and not r.skipped for r in self.results)

    @property
    def skipped(self):
        """Tests that this machine could not run."""
        return sum(r.skipped for r in self.results)

    @property
    def failed(self):
        """Failed results, and one more when the machine or the plan broke off."""
        failed = sum(not r.passed for r in self.results)
        return failed + (1 if not failed and self.broken() else 0)

    def broken(self):
        """Why the run as a whole is no success although no test failed; None when it is one."""
        if not self.end.ok:
            return self.end.sentence
        if self.planned is None:
            return "the kernel announced no tests."
        if len(self.results) != self.planned:
            return f"{self.planned} tests were announced and {len(self.results)} reported."
        return None

    def broke_off(self):
        """Did the run end before its plan did, or in a hang? Then the console tells more than the results."""
        hung = bool(self.results) and not self.results[-1].passed and ": hung" in self.results[-1].line
        return hung or self.end.reason != "exit" or len(self.results) != self.planned

    def take(self, record):
        """Files one record; returns a Result when the record is one."""
        if record.kind == "tap":
            return self._take_tap(record.text)
        if record.kind == "lockstat":
            self.lock_report.append(record.text)
        elif record.kind == "time":
            self.microseconds = int(record.text)
        elif record.kind == "trace":
            self.rings.append(tuple(int(word, 0) for word in record.text.split()[:2]))
        return None

    def _take_tap(self, line):
        planned = parse_plan(line)
        if planned is not None:
            self.planned = planned
        result = parse_result(line)
        if result:
            self.results.append(result)
            if not result.passed:
                self.failures[result.name] = self.notes or [line]
            self.notes = []
        elif line.lstrip().startswith("#"):
            self.notes.append(line.strip())
        return result


def boot(config, words, log, on_record=None, on_end=None):
    """Boots the test image once. `on_end(machine, run)` is called while guest memory still exists."""
    run = Run()
    iso = config.path("races.iso") if config.races else None
    with Machine(config, words, iso, scratch_disks=config.test_disk) as machine:
        try:
            for event in machine.events():
                if isinstance(event, Console):
                    log.add(event.data)
                elif isinstance(event, Record):
                    result = run.take(event)
                    if result and result.passed:
                        log.mark()
                    if on_record:
                        on_record(event)
                else:
                    run.end = event
        finally:  # Ctrl-C as well: what the machine did so far may be just what the user wants to see
            machine.kill()
            if on_end:
                on_end(machine, run)
    return run


def save_trace(config, machine, run):
    """Writes build/trace.dat from the rings in guest memory, whatever became of the guest."""
    path = config.path("trace.dat")
    if os.path.exists(path):
        os.remove(path)  # an older run's would be taken for this one's
    if not run.rings:
        return None
    address, size = run.rings[-1]
    done = subprocess.run([sys.executable, "-m", "tools.trace", machine.ram, "--at", f"{address:#x}:{size}",
                           "--output", path, "--counters", config.path("log", "counters")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        say(f"# no trace: {done.stdout.strip() or 'tools.trace failed'}")
        return None
    return relative(path) + "," + done.stdout.strip().removeprefix(path + ":")


def describe(config):
    """One line that says on what this run was made."""
    how = f"deterministic, SEED={config.seed}" if config.seed is not None else "free running"
    return f"# QEMU {config.accel}, {config.cpus} CPUs, {config.memory >> 20} MiB, {how}" + (
        ", looking for data races" if config.races else "") + (
        f", BOOT=\"{config.boot}\"" if config.boot else "")


def _print_tap(record):
    if record.kind == "tap":
        say(record.text)


def report(config, run, log, trace, seconds):
    """Everything after the last test; returns the exit status."""
    for line in lock_report.report(run.lock_report):
        say("# " + line)
    if run.broke_off():
        say(f"# {run.broken()} The console since the last good result:")
        log.show()
    if trace:
        say(f"# trace: {trace} (trace-cmd report -i {relative(config.path('trace.dat'))}, or KernelShark)")
    guest = f"; {run.microseconds / 1e6:.1f} s of guest time" if run.microseconds else ""
    say(f"# console: {relative(log.path)}, {seconds:.0f} s{guest}")
    if run.failed and config.seed is not None:
        say(f"# the same run again: make smp-test SEED={config.seed}" + (" RACES=1" if config.races else ""))
    verdict(run.passed, run.failed, run.skipped)
    return 1 if run.failed else 0


def main(config, pattern, recorded=RECORDED):
    """The command. `recorded`: boot words that say what is measured."""
    log = ConsoleLog(log_path(config, "smp-test"), live=config.verbose)
    traces = []
    started = time.monotonic()
    say(describe(config))
    try:
        run = boot(config, [f"test={pattern}", recorded], log, _print_tap,
                   lambda machine, run: traces.append(save_trace(config, machine, run)))
    except KeyboardInterrupt:
        if traces and traces[0]:
            say(f"\n# trace until Ctrl-C: {traces[0]}")
        raise
    log.close()
    if run.planned is None and NO_SUCH_TEST in log.recent():
        raise Refusal(f"TEST={pattern} matches no test.")
    if recorded == RECORDED_ALL and traces[0]:
        for line in trace_report.report_on(config.path("trace.dat")):
            say("# " + line)
    return report(config, run, log, traces[0], time.monotonic() - started)
