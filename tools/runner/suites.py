"""`make test`: every suite, one after the other, each through its own make target, and one sum at the end."""

import os
import re
import subprocess
import sys
import time

from tools.runner.show import say, table, verdict

# name, make arguments. The order is: what is cheap and says most first.
SUITES = (
    ("layers", ["check-layers"]),
    ("notes", ["check-notes"]),
    ("format", ["format-check"]),
    ("lock contracts", ["check-locks"]),
    ("call graph", ["check-calls"]),
    ("models", ["models"]),
    ("host", ["host-test"]),
    ("fuzz, bounded", ["fuzz-bounded"]),
    ("smp, free running", ["smp-test"]),
    ("smp, perturbed", ["smp-test", "BOOT=perturb=1"]),
    ("smp, deterministic", ["smp-test", "SEED=1"]),
    ("smp, faultlock=mutex", ["smp-test", "BOOT=faultlock=mutex"]),
    ("smp, faultlock=retry", ["smp-test", "BOOT=faultlock=retry"]),
    ("smp, faultlock=vma", ["smp-test", "BOOT=faultlock=vma"]),
    ("smp, faultlock=seq", ["smp-test", "BOOT=faultlock=seq"]),
    ("smp, ptl=mm", ["smp-test", "BOOT=ptl=mm"]),
    ("smp, ptaccess=directmap", ["smp-test", "BOOT=ptaccess=directmap"]),
    ("smp, ptaccess=foreign", ["smp-test", "TEST=r*", "BOOT=ptaccess=foreign"]),
    ("smp, pdesync=eager-phys", ["smp-test", "TEST=*kernel*", "BOOT=pdesync=eager-phys"]),
    ("smp, pdesync=eager-cr3", ["smp-test", "TEST=*kernel*", "BOOT=pdesync=eager-cr3"]),
    ("smp, pdesync=lazy-fault", ["smp-test", "TEST=*kernel*", "BOOT=pdesync=lazy-fault"]),
    ("smp, refused allocations", ["smp-test", "BOOT=refusals refuse_new"]),
    ("smp, data races", ["races-check"]),
    ("programs", ["programs"]),
    ("stress", ["stress", "SECONDS=60"]),
    ("refused allocations", ["fail-nth"]),
    ("traces", ["trace-test"]),
    ("trace page", ["view-test"]),
    ("mutants", ["mutants-bounded"]),
)
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")


def run_suite(arguments):
    """Runs one make target, showing its output; returns (passed, failed, skipped)."""
    # The outer make's job slots cannot be handed through; what the user set comes through the exported variables.
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    process = subprocess.Popen(["make", "--no-print-directory", *arguments], env=env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    counts = None
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        match = COUNTS.match(line.strip())
        if match:
            counts = tuple(int(n or 0) for n in match.groups())
    failed = process.wait() != 0
    if counts is None:  # a check without counts is one test
        return (0, 1, 0) if failed else (1, 0, 0)
    passed, failures, skipped = counts
    return passed, max(failures, int(failed)), skipped


def main():
    """The command."""
    rows, total = [], [0, 0, 0]
    for name, arguments in SUITES:
        say(f"\n== {name}")
        started = time.monotonic()
        counts = run_suite(arguments)
        total = [a + b for a, b in zip(total, counts)]
        rows.append((name, *counts, f"{time.monotonic() - started:.0f} s"))
    say("\n" + table(rows, ("suite", "passed", "failed", "skipped", "time")))
    verdict(*total)
    return 1 if total[1] else 0
