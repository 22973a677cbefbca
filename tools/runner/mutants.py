"""`make mutants`: a test that does not fail with its mutant is no test."""

import fnmatch
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.runner import smp_test
from tools.runner.options import Refusal
from tools.runner.show import ConsoleLog, log_path, say, shorten, table, verdict

LIST = "tests/mutants.list"
AT_ONCE = 2
# A mutant may well hang its machine; then there is no need to wait as long as for a healthy one.
QUIET_SECONDS = 30
MODES = {"free": ("", None), "perturbed": ("perturb=1", None), "seeded": ("", 1)}


@dataclass(frozen=True)
class Mutant:
    """One row of tests/mutants.list."""

    ident: str
    tests: str
    words: tuple
    disk: bool = False  # its test needs the scratch disk, on a deterministic machine too


@dataclass(frozen=True)
class Verdict:
    """What one mutant did in one mode."""

    mutant: Mutant
    mode: str
    caught: bool
    by: str
    seconds: float


def read_list(pattern, path=LIST):
    """The mutants whose id matches."""
    mutants = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = line.split("#")[0].split()
            if not fields:
                continue
            ident, _, needs = fields[0].partition("@")
            if fnmatch.fnmatch(ident, pattern):
                mutants.append(Mutant(ident, fields[1], tuple(fields[2:]), needs == "disk"))
    if not mutants:
        raise Refusal(f"MUTANT={pattern} matches no row of {path}.")
    return mutants


def judge(run, console):
    """(caught, by what). A machine that never began the test proves nothing."""
    for name, notes in run.failures.items():
        return True, f"{name}: {' '.join(notes).lstrip('# ')}"
    if run.end.reason in ("qemu", "killed"):
        return False, run.end.sentence
    if run.planned is None:
        return False, "the test never began: " + (last_line(console) or run.end.sentence)
    if run.broken():
        return True, reason_in(console) or run.broken()
    return False, "survived"


def last_line(text):
    """The last line with something on it."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[-1] if lines else ""


def reason_in(console):
    """The line of a dump that says what happened."""
    for line in console.split("\n"):
        if any(word in line.lower() for word in ("assert", "panic", "oops", "double fault", "hung")):
            return line.strip()
    return ""


def try_one(config, mutant, mode):
    """Boots one mutant in one mode."""
    words, seed = MODES[mode]
    log = ConsoleLog(log_path(config, f"mutant-{mutant.ident}-{mode}"))
    machine = config.with_(seed=seed, boot=f"{words} {config.boot}".strip(),
                           quiet_seconds=min(QUIET_SECONDS, config.quiet_seconds),
                           disk="yes" if mutant.disk else config.disk)
    started = time.monotonic()
    # The checker of page-table entries would speak first: it is the test that has to see its mutant.
    run = smp_test.boot(machine, [f"test={mutant.tests}", f"mutant={mutant.ident}", "ptecheck=off", *mutant.words], log)
    log.close()
    caught, by = judge(run, log.recent())
    return Verdict(mutant, mode, caught, by, time.monotonic() - started)


def main(config, pattern, bounded=False):
    """The command. Bounded: one way of running each mutant instead of three."""
    modes = ["free"] if bounded else list(MODES)
    jobs = [(mutant, mode) for mutant in read_list(pattern) for mode in modes]
    say(f"# {len(jobs)} runs: each mutant {', '.join(modes)}; QEMU {config.accel}, {config.cpus} CPUs")
    verdicts = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in pool.map(lambda job: try_one(config, *job), jobs):
            verdicts.append(done)
            say(f"# {len(verdicts)}/{len(jobs)} {done.mutant.ident} {done.mode}: {'caught' if done.caught else 'SURVIVED'}")
    rows = [(v.mutant.ident, v.mode, "caught" if v.caught else "SURVIVED", f"{v.seconds:.1f}", shorten(v.by, 100))
            for v in verdicts]
    say(table(rows, ("mutant", "mode", "verdict", "s", "by")))
    caught = sum(v.caught for v in verdicts)
    verdict(caught, len(verdicts) - caught)
    return 0 if caught == len(verdicts) else 1
