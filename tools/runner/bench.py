"""`make bench`: guest instructions for each operation, beside Linux's and the goal."""

import fnmatch
import glob
import os
import re
import subprocess

from tools.runner import elf, initramfs, program, smp_test
from tools.runner.compile import compile_program
from tools.runner.options import Refusal
from tools.runner.show import ConsoleLog, log_path, say, table, verdict

FOLDER = "bench"
LOOP_INSTRUCTIONS = 2 * 200000   # bench.h: sample_known_loop; bench/kernel/memory.c: known_loop
CONTENDED = "lock_figures_contended"
BUSY = "stress_mixed"  # the test that keeps all CPUs at work in one address space
LOCK_EVENTS = "trace=lock:*,mmap_lock:*,lock_wait,lock_held"
EXIT_0 = bytes.fromhex("b80100000031dbcd80")  # mov eax, 1; xor ebx, ebx; int 0x80
DATA_PAGES = 128


def read_baseline(path=os.path.join(FOLDER, "baseline.tsv")):
    """{operation: (linux, clear or copy, goal without it)} in the file's order."""
    rows = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, *numbers = line.rstrip("\n").split("\t")
                rows[name] = tuple(map(int, numbers))
    return rows


def parse(output):
    """{operation: instructions or the reason why there is no figure}."""
    rows = {}
    for name, value in re.findall(r"^bench (.+?)\t(.+?)\r?$", output, re.MULTILINE):
        rows[name] = int(value) if value.isdigit() else value
    return rows


def archive_with(path):
    """The benchmark, a tiny program to execute, and a file to map."""
    archive = initramfs.Archive()
    for folder in initramfs.STANDARD_FOLDERS:
        archive.folder(folder)
    archive.tree(path, "bench")
    archive.file("tiny", elf.executable(code=EXIT_0), 0o755)
    archive.file("bench.data", bytes(range(256)) * 16 * DATA_PAGES)
    return archive.bytes()


def measure(config, source):
    """Boots one benchmark program; its rows, corrected by the calibration."""
    path, errors = compile_program(config, source)
    if errors:
        raise Refusal(f"{source} does not compile: {errors}")
    machine = config.with_(cpus=1, icount="shift=0,sleep=off")
    outcome = program.boot(machine, archive_with(path), program.program_words("bench", ()))
    rows = parse(outcome.output.decode("utf-8", "replace"))
    calibration = rows.pop("calibration", None)
    if not isinstance(calibration, int):
        say(outcome.text[-4000:])
        raise Refusal(f"{source} gave no calibration: {outcome.end.sentence}")
    scale = LOOP_INSTRUCTIONS / calibration
    say(f"# {source}: {calibration} counts for {LOOP_INSTRUCTIONS} instructions")
    return {name: round(value * scale) if isinstance(value, int) else value for name, value in rows.items()}


def measure_kernel(config):
    """The rows that the kernel measures of itself (bench/kernel), on 1, 2 and 4 CPUs: {name: instructions}."""
    rows = {}
    for cpus in (1, 2, 4):
        machine = config.with_(cpus=cpus, icount="shift=0,sleep=off")
        outcome = program.boot(machine, None, ["quiet"], iso=config.path("bench.iso"))
        found = parse(outcome.text)
        calibration = found.pop("calibration", None) or rows.get("calibration")
        if not found or not isinstance(calibration, int):
            say(outcome.text[-4000:])
            raise Refusal(f"the bench image gave no figures: {outcome.end.sentence}")
        rows["calibration"] = calibration
        rows.update({name: round(value * LOOP_INSTRUCTIONS / calibration) for name, value in found.items()})
    del rows["calibration"]
    return rows


def shared_lines(config):
    """The lines of the simulated machine's count; (texts, did one fail)."""
    lines, wrong = [], False
    for words in ("faultlock=rwsem", "faultlock=seq"): # under seq no fault may write a shared line
        done = subprocess.run([config.path("host", "count-lines"), words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        lines += [f"# {words}", *done.stdout.rstrip().split("\n")[:-1]]
        wrong = wrong or done.returncode != 0
    return lines, wrong


def row_texts(name, ours, linux, clear, goal):
    """One row of the table and whether it holds: no row above Linux's, or where that has none, above the goal."""
    if not isinstance(ours, int):
        return (name, linux, "-", goal + clear, "-", f"no figure: {ours}"), False
    if linux == 0:
        return (name, "-", ours, goal, "-", "goal" if ours <= goal else "ABOVE GOAL"), ours <= goal
    mark = "goal" if ours <= goal + clear else "" if ours <= linux else "ABOVE LINUX"
    return (name, linux, ours, goal + clear, f"{ours / linux:.2f}", mark), ours <= linux


def contended(config):
    """Locks that several CPUs want: ratios to one CPU, and how evenly they were shared. No verdict."""
    lines = []
    log = ConsoleLog(log_path(config, "bench-contended"))
    smp_test.boot(config.with_(cpus=4, seed=1), [f"test={CONTENDED}"], log,
                  lambda record: lines.append(record.text.strip()) if record.kind == "tap" else None)
    log.close()
    say("# contended locks, SEED=1: pairs of all CPUs in the time in which one CPU alone does so many, and who had how many")
    for line in lines:
        if line.startswith("#"):
            say(line)


def guest_time(config, words):
    """Microseconds that the busy test takes on the deterministic machine: instructions, in other words."""
    log = ConsoleLog(log_path(config, "bench-slow-down"))
    run = smp_test.boot(config.with_(cpus=4, seed=1), [f"test={BUSY}", *words], log)
    log.close()
    if not run.microseconds or run.failed:
        raise Refusal(f"{BUSY} gave no time: {run.end.sentence}")
    return run.microseconds


def slow_down(config):
    """What recording every lock costs the tests. No verdict."""
    off, on = guest_time(config, []), guest_time(config, [LOCK_EVENTS])
    say(f"# all lock events on: {BUSY} takes {on / off:.2f} times as long (SEED=1, {off} and {on} us of guest time)")


def main(config, pattern):
    """The command. `pattern` chooses by operation."""
    if config.accel != "tcg":
        raise Refusal("make bench counts instructions, which needs ACCEL=tcg.")
    baseline = read_baseline()
    wanted = [name for name in baseline if fnmatch.fnmatch(name, pattern)]
    if not wanted:
        raise Refusal(f"TEST={pattern} matches no row of {FOLDER}/baseline.tsv.")
    ours = {}
    for source in sorted(glob.glob(FOLDER + "/*.c")):
        ours.update(measure(config, source))
    rows = [row_texts(name, ours.get(name, "its program ended before it, or has no such row"), *baseline[name]) for name in wanted]
    say(table([row for row, _ in rows], ("operation", "Linux 6.1", "ours", "goal", "ratio", "")))
    held = sum(good for _, good in rows)
    say("\n" + table(sorted(measure_kernel(config).items()), ("operation of the kernel", "instructions")))
    lines, wrong = shared_lines(config)
    say("\n# cache lines written, on the simulated machine (4 CPUs at the same operation):\n" + "\n".join(lines))
    say("# instructions of a median operation, QEMU -icount shift=0, 1 CPU; passed: not above Linux's")
    contended(config)
    slow_down(config)
    verdict(held + (not wrong), len(rows) - held + wrong)
    return 0 if held == len(rows) and not wrong else 1
