"""`make mutants`: a test that does not fail with its mutant is no test."""

import fnmatch
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.runner import smp_test
from tools.runner.options import Refusal
from tools.runner.show import ConsoleLog, log_path, say, shorten, table, verdict
from tools.runner.throughput import PROTOCOLS, chosen_protocols

LIST = "tests/mutants.list"
NOWHERE = "tests/mutants.protocols"  # which protocols leave a mistake no place to be made, and why
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
    """What one mutant did in one mode (or, free running, under one protocol)."""

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


def read_nowhere(path=NOWHERE):
    """{(id, protocol): why the mistake cannot be made there}."""
    nowhere = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = line.strip().split(None, 2)
            if not fields or fields[0].startswith("#"):
                continue
            for protocol in fields[1].split(","):
                if protocol not in PROTOCOLS or len(fields) < 3:
                    raise Refusal(f"{path}: not an id, protocols of {', '.join(PROTOCOLS)} and a reason: {line.strip()}")
                nowhere[fields[0], protocol] = fields[2]
    return nowhere


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
    """Boots one mutant in one mode, or under one protocol instead of the row's own."""
    words, seed = MODES.get(mode) or (f"faultlock={mode}", None)
    log = ConsoleLog(log_path(config, f"mutant-{mutant.ident}-{mode}"))
    machine = config.with_(seed=seed, boot=f"{words} {config.boot}".strip(),
                           quiet_seconds=min(QUIET_SECONDS, config.quiet_seconds),
                           disk="yes" if mutant.disk else config.disk)
    own = [word for word in mutant.words if mode in MODES or not word.startswith("faultlock=")]
    started = time.monotonic()
    # The checker of page-table entries would speak first: it is the test that has to see its mutant.
    run = smp_test.boot(machine, [f"test={mutant.tests}", f"mutant={mutant.ident}", "ptecheck=off", *own], log)
    log.close()
    caught, by = judge(run, log.recent())
    return Verdict(mutant, mode, caught, by, time.monotonic() - started)


def try_all(config, jobs):
    """Some at once, telling of each; the verdicts in the order of the jobs."""
    verdicts = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in pool.map(lambda job: try_one(config, *job), jobs):
            verdicts.append(done)
            say(f"# {len(verdicts)}/{len(jobs)} {done.mutant.ident} {done.mode}: {'caught' if done.caught else 'SURVIVED'}"
                f" ({done.seconds:.0f} s): {shorten(done.by, 80)}")
    return verdicts


def show_protocols(mutants, protocols, nowhere, verdicts):
    """Mutant by protocol; below it why some have no verdict, and by what the others were caught."""
    found = {(v.mutant.ident, v.mode): v for v in verdicts}
    cells = {True: "caught", False: "SURVIVED"}
    say(table([(m.ident, *(cells[found[m.ident, p].caught] if (m.ident, p) in found else "-" for p in protocols))
               for m in mutants], ("mutant", *protocols)))
    for why in dict.fromkeys((m.ident, nowhere[m.ident, p]) for m in mutants for p in protocols if (m.ident, p) in nowhere):
        where = ", ".join(p for p in protocols if nowhere.get((why[0], p)) == why[1])
        say(f"# {why[0]}, {where}: -, {why[1]}")
    for v in verdicts:
        if not v.caught:
            say(f"# {v.mutant.ident}, {v.mode}: {v.by}")


def by_protocol(config, pattern, wanted):
    """Each mutant free running under each protocol that leaves its mistake a place."""
    mutants, protocols, nowhere = read_list(pattern), chosen_protocols(wanted), read_nowhere()
    jobs = [(m, p) for m in mutants for p in protocols if (m.ident, p) not in nowhere]
    say(f"# {len(jobs)} runs: each mutant under faultlock={', '.join(protocols)}; QEMU {config.accel}, {config.cpus} CPUs, free running")
    verdicts = try_all(config, jobs)
    show_protocols(mutants, protocols, nowhere, verdicts)
    return finish(verdicts)


def finish(verdicts):
    """The sum; the exit status."""
    caught = sum(v.caught for v in verdicts)
    verdict(caught, len(verdicts) - caught)
    return 0 if caught == len(verdicts) else 1


def main(config, pattern, bounded=False, protocols=""):
    """The command. Bounded: one way of running each mutant instead of three; protocols: under each of these instead."""
    if protocols and not bounded:
        return by_protocol(config, pattern, protocols)
    modes = ["free"] if bounded else list(MODES)
    jobs = [(mutant, mode) for mutant in read_list(pattern) for mode in modes]
    say(f"# {len(jobs)} runs: each mutant {', '.join(modes)}; QEMU {config.accel}, {config.cpus} CPUs")
    verdicts = try_all(config, jobs)
    rows = [(v.mutant.ident, v.mode, "caught" if v.caught else "SURVIVED", f"{v.seconds:.1f}", shorten(v.by, 100))
            for v in verdicts]
    say(table(rows, ("mutant", "mode", "verdict", "s", "by")))
    return finish(verdicts)
