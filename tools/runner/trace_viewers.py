"""`make trace-test`, its second half: what trace-cmd --profile, perf, the text report and the story say of a real run, against
the kernel's own figures; a reader that is lapped; and what a point costs that is off."""

import collections
import re
import subprocess
import sys

from tools.runner import lock_report
from tools.runner.trace_reading import Failure, read_counters, read_events, trace_cmd
from tools.trace import TraceError, tracedat
from tools.trace.analysis import study_trace
from tools.trace.datfile import open_trace
from tools.trace.pages import ring_pages
from tools.trace.region import read_region

READS = 25  # how often the rings are read while they are lapped
NUMBER = re.compile(r"^ *(\d+) ")


def command(*arguments):
    """What a command prints; it must have nothing to complain of."""
    done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False)
    if done.returncode or done.stderr.strip():
        raise Failure(f"{' '.join(arguments[:6])}: status {done.returncode}, {done.stderr.strip()[:200]}")
    return done.stdout


def tool(module, *arguments):
    """One of tools.trace's commands."""
    return command(sys.executable, "-m", module, *arguments)


def check_perf(config, outcome, path):
    """perf lock and perf sched read the files made of a trace with lock:* on, and count what the kernel counted."""
    data, locks, symbols = config.path("perf.data"), config.path("perf-locks.data"), config.path("perf.kallsyms")
    tool("tools.trace.perf", path, "-o", data, "--locks", locks, "--kallsyms", symbols)
    rows = lock_report.parse(outcome.lock_report)
    contention = command("perf", "lock", "--kallsyms", symbols, "-i", data, "contention")
    total = sum(int(match[1]) for match in map(NUMBER.match, contention.splitlines()) if match)
    expected = sum(row.contentions for row in rows)
    if total != expected or "Unknown" in contention:
        raise Failure(f"perf lock contention has {total} waits; /proc/lock_stat has {expected}; callers: {contention[-300:]}")
    report = command("perf", "lock", "--kallsyms", symbols, "-i", locks, "report", "-F", "acquired,contended")
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
    script = command("perf", "script", "--kallsyms", symbols, "-i", data, "-F", "event")
    switches = script.count("sched:sched_switch")
    if switches != read_counters(config)["context_switch"]:
        raise Failure(f"perf has {switches} switches; vmstat has {read_counters(config)['context_switch']}")
    if "actor" not in command("perf", "sched", "-i", data, "timehist", "--kallsyms", symbols):
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


def check_lapped(machine, rings, out):
    """Reads the rings of a running machine again and again; every copy must be whole events in order. Called once the rings
    are full. Returns how many pages were thrown away because their CPU had been faster."""
    thrown = 0
    for _ in range(READS):
        region = read_region(machine.ram, *rings)
        pages = []
        for ring in region.rings():
            pages.append(ring_pages(region, ring, {}, set())[0])
            thrown += max(0, ring.fresh - ring.begun)
        tracedat.write(out, region, pages, {})
        try:
            trace = open_trace(out)
            events = trace.events()
        except TraceError as error:
            raise Failure(f"a copy of the lapped rings cannot be read: {error}") from None
        if trace.damaged or not events:
            raise Failure(f"{trace.damaged} pages of the lapped rings end in half an event")
        if any(event.event == "page_fault_kernel" and event.error_code > 31 for event in events):
            raise Failure("a torn event: a page fault with an impossible error code")
    return thrown


def check_points(config):
    """Each trace point of the product: one test of the mask in memory and one branch, which is not taken when it is off."""
    image = f"{config.build}/product/faultline.elf"
    mask = next(int(line.split()[0], 16) for line in command("nm", image).splitlines() if line.endswith(" trace_mask"))
    code = [line.split("\t")[-1].strip() for line in
            command("objdump", "-d", "--no-show-raw-insn", image).splitlines() if "\t" in line]
    points = loads = 0
    for here, after in zip(code, code[1:]):
        if f"0x{mask:x}" not in here:
            continue
        if re.match(r"test[bl] +\$0x[0-9a-f]+,0x", here) and re.match(r"j(ne|e|s|ns) ", after):
            points += 1
        elif re.match(r"cmp[bl] +\$0x0,0x", here) and re.match(r"j(s|ns|l|ge) ", after):
            points += 1  # the sign bit is the last event's
        else:
            loads += 1
    if points < 20:
        raise Failure(f"only {points} trace points are a test and a branch; {loads} other uses of the mask")
    return f"{points} points of the product are one test and one branch when off ({loads} other uses of the mask)"
