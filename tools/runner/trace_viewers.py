"""`make trace-test`, its second half: what trace-cmd --profile, perf, the text report and the story say of a real run, against
the kernel's own figures; a reader that is lapped; and what a point costs that is off."""

import collections
import re
import shutil
import subprocess
import sys

from tools.runner import lock_report, smp_test
from tools.runner.options import MIB
from tools.runner.show import ConsoleLog, log_path
from tools.runner.trace_damage import check_damaged_bytes, check_damaged_file
from tools.runner.trace_reading import COMPLAINTS, Failure, read_counters, trace_cmd
from tools.trace.analysis import study_trace
from tools.trace.datfile import open_trace

IRQS_OFF = 1
NUMBER = re.compile(r"^ *(\d+) ")


def command(*arguments):
    """What a command prints; it must have nothing to complain of."""
    done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False)
    if done.returncode or done.stderr.strip():
        raise Failure(f"{' '.join(arguments[:6])}: status {done.returncode}, {done.stderr.strip()[:200]}")
    return done.stdout


def perf(*arguments):
    """What perf says, much of it on its error output; none of it may be a complaint."""
    done = subprocess.run(("perf", *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, check=False)
    complaint = COMPLAINTS.search(done.stdout)
    if done.returncode or complaint:
        raise Failure(f"perf {' '.join(arguments[:6])}: status {done.returncode}, {(complaint or [done.stdout[-200:]])[0]}")
    return done.stdout


def tool(module, *arguments):
    """One of tools.trace's commands."""
    return command(sys.executable, "-m", module, *arguments)


def check_perf(config, outcome, path):
    """perf lock and perf sched read the files made of a trace with lock:* on, and count what the kernel counted."""
    if not shutil.which("perf"):
        raise Failure("there is no perf here: Debian's package linux-perf has it")
    data, locks, symbols = config.path("perf.data"), config.path("perf-locks.data"), config.path("perf.kallsyms")
    tool("tools.trace.perf", path, "-o", data, "--locks", locks, "--kallsyms", symbols)
    rows = lock_report.parse(outcome.lock_report)
    contention = perf("lock", "--kallsyms", symbols, "-i", data, "contention")
    total = sum(int(match[1]) for match in map(NUMBER.match, contention.splitlines()) if match)
    expected = sum(row.contentions for row in rows)
    if total != expected or "Unknown" in contention:
        raise Failure(f"perf lock contention has {total} waits; /proc/lock_stat has {expected}; callers: {contention[-300:]}")
    report = perf("lock", "--kallsyms", symbols, "-i", locks, "report", "-F", "acquired,contended")
    found = collections.Counter()
    for line in report.splitlines():
        match = re.match(r"^ *(\S.*?) +(\d+) +(\d+) *$", line)
        if match:
            found["acquired"] += int(match[2])
            found["contended"] += int(match[3])
    counts = collections.Counter(event.event for event in open_trace(path).events())
    if "bad" in report or found["contended"] != expected or not found["acquired"]:
        raise Failure(f"perf lock report has {dict(found)}; /proc/lock_stat has {expected} contentions; {report[-300:]}")
    open_ends = counts["lock_acquired"] - found["acquired"]  # acquisitions whose lock_acquire was before the trace
    if not 0 <= open_ends <= config.cpus * 2:
        raise Failure(f"perf lock report has {found['acquired']} acquisitions, the trace {counts['lock_acquired']}")
    script = perf("script", "--kallsyms", symbols, "-i", data, "-F", "event")
    switches = script.count("sched:sched_switch")
    if switches != read_counters(config)["context_switch"]:
        raise Failure(f"perf has {switches} switches; vmstat has {read_counters(config)['context_switch']}")
    if "actor" not in perf("sched", "-i", data, "timehist", "--kallsyms", symbols):
        raise Failure("perf sched timehist does not know the tasks that ran")


def check_profile(path):
    """trace-cmd's own analysis of who ran and who waited."""
    profile = trace_cmd(path, "--profile")
    for word in ("task: actor", "sched_switch", "sched_wakeup"):
        if word not in profile.replace("Event: ", ""):
            raise Failure(f"trace-cmd report --profile has no {word!r}")


def check_analyses(config, outcome, path):
    """Waits, holders and faults as the analyses have them: as many as there were, and none impossible."""
    study = study_trace(open_trace(path))
    contentions = sum(row.contentions for row in lock_report.parse(outcome.lock_report))
    if len(study.waits) != contentions:
        raise Failure(f"the analyses have {len(study.waits)} waits; /proc/lock_stat has {contentions}")
    faults = read_counters(config)["pgfault"]
    whole = [fault for fault in study.faults if fault.ended]
    if not 0 <= faults - len(study.faults) <= faults // 100 or not whole:
        raise Failure(f"the analyses have {len(study.faults)} faults; the kernel counted {faults}")
    for fault in whole:
        if [mark.phase for mark in fault.marks][:2] != ["entry", "irq_on"]:
            raise Failure(f"fault {fault.n} begins with {fault.marks[:2]}")
    if not any(hold.ip for holds in study.holds.values() for hold in holds):
        raise Failure("nobody who held a lock said where it was taken")
    text = tool("tools.trace.report", path)
    for words in ("Waits, longest", "Who held it", "What the holders did", "The longest waits", "up to each phase"):
        if words not in text:
            raise Failure(f"the text report lacks {words!r}")


def check_story(config, path):
    """S40: a fault that lost its race, told in the note's own steps with source lines."""
    study = study_trace(open_trace(path))
    lost = next((fault for fault in study.faults if fault.lost and fault.ended), None)
    if lost is None:
        raise Failure("no fault of r01 lost its race")
    listing = tool("tools.trace.story", path)
    if not re.search(rf"^ *{lost.n}  .*lost the race", listing, re.MULTILINE):
        raise Failure(f"the list does not name fault {lost.n}, which lost its race")
    story = tool("tools.trace.story", path, "--fault", str(lost.n), "--build", config.build)
    stages = [line[3:] for line in story.splitlines() if line.startswith("-- ")]
    wanted = ["The address of the fault is saved", "Interrupts come back on", "The semaphore of the address space, and the region",
              "Has somebody else mapped it meanwhile?", "The end"]
    if [stage for stage in stages if stage in wanted] != wanted:
        raise Failure(f"the story's steps are {stages}")
    for place in (r"mm/fault/fault_entry\.c:\d+ .*CR2", r"mm/fault/fault\.c:\d+ .*Found the region",
                  r"mm/fault/fault_commit\.c:\d+ .*somebody else was faster"):
        if not re.search(place, story):
            raise Failure(f"the story has no line like {place}: {story[-600:]}")


WINDOW_MAX = 300  # instructions: the trap's registers saved, CR2 read, and the test image's own race point behind the STI


def cr2_complaint(path):
    """S33, in a trace: what contradicts "CR2 is saved, then interrupts come back on", or None."""
    saved = {}
    for event in open_trace(path).events():
        if event.event in ("page_fault_user", "page_fault_kernel"):
            if not event.context & IRQS_OFF:
                return f"a fault at {event.address:#x} was recorded with interrupts on already"
            saved[event.task] = event.address
        elif event.event == "fault_phase" and event.phase == 0:
            if event.context & IRQS_OFF or saved.get(event.task, 0) & ~4095 != event.address & ~4095:
                return f"the fault at {event.address:#x} began with interrupts off, or at an address that was not saved"
    return None if saved else "there is no fault"


def check_cr2(path):
    """S33: true of every fault."""
    complaint = cr2_complaint(path)
    if complaint:
        raise Failure(complaint)


def check_cr2_mutant(path):
    """S33: where the two are swapped (mutant R33), the trace shows it."""
    if not cr2_complaint(path):
        raise Failure("the trace of mutant R33 looks like any other")


def check_window(notes):
    """S33: how long interrupts are off, in instructions: the note of s33_irqs_off_window under -icount shift=0, where an
    instruction is a nanosecond of the machine's time."""
    found = re.search(r"s33 window (\d+) cycles of (\d+) million", " ".join(notes))
    instructions = int(found[1]) * 1000 // int(found[2]) if found else 0
    if not 0 < instructions <= WINDOW_MAX:
        raise Failure(f"from the access to interrupts on again: {instructions} instructions, at most {WINDOW_MAX} allowed: {notes}")
    return f"at most {instructions} instructions"


def check_points(config):
    """The trace points of the product: a test of the mask in memory, and a branch. Where a function has several points gcc may
    load the mask once for all; these are told apart."""
    image = f"{config.build}/product/faultline.elf"
    mask = next(int(line.split()[0], 16) for line in command("nm", image).splitlines() if line.endswith(" trace_mask"))
    places = "|".join(f"{mask + byte:x}" for byte in range(4))
    tested = re.compile(rf"(test|cmp)[bl] +\$0x[0-9a-f]+,0x({places})$")
    loaded = re.compile(rf"mov +0x({places}),%e")
    code = [line.split("\t")[-1].strip() for line in
            command("objdump", "-d", "--no-show-raw-insn", image).splitlines() if "\t" in line]
    points = loads = 0
    for at, instruction in enumerate(code):
        if tested.match(instruction):
            if not any(re.match(r"j\w+ |set|cmov", after) for after in code[at + 1 : at + 6]):
                raise Failure(f"no branch behind a test of the mask: {code[at : at + 6]}")
            points += 1
        loads += bool(loaded.match(instruction))
    if points < 20:
        raise Failure(f"only {points} trace points are a test and a branch, {loads} loads")
    return f"{points} points of the product are a test of memory and a branch, {loads} more load the mask"


def window_notes(config):
    """What s33_irqs_off_window says where an instruction takes a nanosecond."""
    notes, log = [], ConsoleLog(log_path(config, "trace-window"))
    machine = config.with_(icount="shift=0,sleep=off", cpus=1)
    smp_test.boot(machine, ["test=s33_irqs_off_window"], log, lambda record: notes.append(record.text))
    log.close()
    return notes


def cases(config, run):
    """[(name, what it shows, function)]. `run(config, tests, boot words, log's name)` boots and gives (outcome, trace)."""
    everything = "lockstat=on trace=all"

    def stressed(check, words, memory, pattern="stress_*"):
        def run_and_check():
            outcome, path = run(config.with_(memory=memory * MIB), pattern, words, "trace-viewers")
            if outcome.failed or not path:
                raise Failure(f"the run failed: {outcome.broken() or outcome.failures}")
            return check(outcome, path)
        return run_and_check

    def with_perf(outcome, path):
        check_perf(config, outcome, path)
        for module in ("perf", "story", "report"):
            check_damaged_file(config, path, module)

    def with_report(outcome, path):
        check_analyses(config, outcome, path)
        check_profile(path)

    def mutant():
        _, path = run(config.with_(boot="mutant=R33"), "r33_*", smp_test.RECORDED, "trace-R33")
        check_cr2_mutant(path)

    return [
        ("perf", "perf lock contention, perf lock report and perf sched timehist read the trace and count what the kernel counted; "
         "damaged files are refused", stressed(with_perf, "lockstat=on trace=sched:*,lock:*,lock_wait", 1536)),
        ("report", "waits, holders and faults of the text report are the kernel's; trace-cmd report --profile reads it",
         stressed(with_report, smp_test.RECORDED, 1024)),
        ("s40_story", "a fault that lost its race is told in the note's own steps, with times and source lines",
         stressed(lambda _, path: check_story(config, path), everything, 512, "r01_*")),
        ("damaged bytes", "a trace of which some bytes were changed is read or refused in one sentence",
         stressed(lambda _, path: check_damaged_bytes(config, path), everything, 512, "r01_*")),
        ("s33_cr2_saved", "the trace of each fault shows CR2 saved while interrupts are off",
         stressed(lambda _, path: check_cr2(path), smp_test.RECORDED, 512, "r0*")),
        ("s33_mutant", "and that of mutant R33 shows it when it is not", mutant),
        ("s33_window", "interrupts are off for a bounded number of instructions", lambda: check_window(window_notes(config))),
        ("points", "a point that is off is one test and one branch", lambda: check_points(config)),
    ]
