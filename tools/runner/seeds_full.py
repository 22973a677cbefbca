"""`make seeds-full`: the tests whose rows of the seeds name a count of 10^5 to 10^7, with that count, and what it took.

On the deterministic machine (-icount, the CPUs take turns) a CPU that waits for another costs nothing, whatever the host
has; the free-running one is as fast as the host has processors for it, and its CPUs truly meet.
"""

import concurrent.futures
import fnmatch
import os
import threading
import time
from dataclasses import dataclass

from tools.runner import smp_test
from tools.runner.options import Refusal
from tools.runner.show import ConsoleLog, log_path, relative, say, table, verdict

# Nothing is measured but what the tests count; the order of locks is learned in every other run.
WORDS = "counts=full lockdep=off lockstat=off"
DEFAULT_SEED = 1


@dataclass(frozen=True)
class Row:
    """One row of the seeds: the tests that show it, and what it asks for."""

    name: str
    tests: str
    asked: str
    free: bool = False  # on the free-running machine


# Free-running machines first, alone; then the longest.
ROWS = (
    Row("S22", "s22_claim_race", "two CPUs claim a frame 10^6 times", free=True),
    Row("S02", "s02_disk_interrupts", "100,000 completions of a disk", free=True),
    Row("S09", "s09_kvalloc_storm", "10^7 operations on 4 CPUs"),
    Row("S22", "s22_claim_race", "two CPUs claim a frame 10^6 times"),
    Row("S12", "s12_page_cycles", "10^6 descriptor pages come and go"),
    Row("S12", "s12_range_cycles", "10^6 ranges come and go"),
    Row("S19", "s19_frame_requests", "10^6 requests"),
    Row("S16", "s16_slab_storm", "10^7 objects on 4 CPUs"),
    Row("S02", "s02_interrupt_buffers", "100,000 completions"),
)
LOCK = threading.Lock()
STOP = threading.Event()  # Ctrl-C reaches the main thread alone


class Stopped(Exception):
    """Another thread was told to end; leaving through the machine's own `finally` leaves nothing behind."""


class Outcome:
    """What became of one row."""

    def __init__(self, row, run, seconds):
        self.row, self.run, self.seconds = row, run, seconds
        self.ok = run.failed == 0 and run.passed > 0

    def line(self):
        """Its line of the table."""
        guest = f"{self.run.microseconds / 1e6:.0f} s" if self.run.microseconds else ""
        return (self.row.name, self.row.tests, self.row.asked, "free" if self.row.free else "deterministic",
                guest, f"{self.seconds:.0f} s", "ok" if self.ok else "NOT OK")


def run_row(config, number, row):
    """Boots the row's tests with the full counts, telling of each note at once."""
    if STOP.is_set():
        raise Stopped
    mine = config.with_(seed=None if row.free else config.seed)
    log = ConsoleLog(log_path(config, f"seeds-full-{number}"), live=False)

    def tell(record):
        if STOP.is_set():  # seen in time: a heartbeat is a record, too
            raise Stopped
        if record.kind == "tap" and record.text.lstrip().startswith("#") and " passed, " not in record.text:
            with LOCK:
                say(f"  # {row.tests}{' (free)' if row.free else ''}: {record.text.strip(' #')}")

    started = time.monotonic()
    run = smp_test.boot(mine, [f"test={row.tests}", WORDS], log, tell)
    log.close()
    outcome = Outcome(row, run, time.monotonic() - started)
    with LOCK:
        if not outcome.ok:
            say(f"  # {run.broken() or 'the test failed'}; the console is in {relative(log.path)}")
            log.show()
        say(f"{'' if outcome.ok else 'not '}ok {number} - {row.tests}: {row.asked}"
            f"{', free running' if row.free else ''} ({outcome.seconds:.0f} s)")
    return outcome


def run_all(config, rows):
    """A free-running machine has the host to itself; of the deterministic ones each host processor runs one."""
    numbered = list(enumerate(rows, 1))
    outcomes = [run_row(config, number, row) for number, row in numbered if row.free]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            return outcomes + list(pool.map(lambda pair: run_row(config, *pair), [p for p in numbered if not p[1].free]))
        except BaseException:
            STOP.set()
            raise


def main(config, pattern):
    """The command. `pattern` chooses tests by their names."""
    rows = [row for row in ROWS if fnmatch.fnmatch(row.tests, pattern)]
    if not rows:
        raise Refusal(f"TEST={pattern} matches no test with a full count: {', '.join(sorted({r.tests for r in ROWS}))}.")
    if config.accel != "tcg":
        raise Refusal("seeds-full needs ACCEL=tcg: only an emulated machine can be made deterministic.")
    if config.seed is None:
        config = config.with_(seed=DEFAULT_SEED)
    say(f"# {config.cpus} CPUs, {config.memory >> 20} MiB; deterministic: SEED={config.seed}, {os.cpu_count()} machines at a time")
    say(f"TAP version 14\n1..{len(rows)}")
    outcomes = run_all(config, rows)
    say("\n" + table([o.line() for o in outcomes], ("row", "test", "asked", "machine", "guest", "host", "verdict")))
    failed = sum(not o.ok for o in outcomes)
    verdict(len(outcomes) - failed, failed)
    return 1 if failed else 0
