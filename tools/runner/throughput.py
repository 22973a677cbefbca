"""Faults a second of threads in one address space: by protocol (`make bench PROTOCOLS=`), and beside Linux (`make bench-linux`).

Both systems run the same static program (bench/throughput/faults.c) on the same QEMU, free running, one thread for each
virtual CPU. Figures of different runs on a busy host are not comparable; those of one run, taken in turns, are.
"""

import fnmatch
import os
import re
import statistics
import subprocess
from dataclasses import dataclass

from tools.runner import initramfs, program, qemu, smp_test
from tools.runner.compile import compile_program
from tools.runner.lines import lines_per_fault
from tools.runner.options import MIB, Refusal
from tools.runner.show import ConsoleLog, log_path, say, table, verdict

SOURCE = "bench/throughput/faults.c"
PROTOCOLS = ("mutex", "rwsem", "retry", "vma", "seq")
KINDS = ("anonymous", "private-file", "shared-file")
CONTROL = "mapped"  # the same touches with no fault in them: what the host makes of so many virtual CPUs
CPU_COUNTS = (1, 2, 4)
LINE_ROWS = ("anonymous write fault, cache hit", "anonymous write fault, refills included", "shared file write fault",
             "private file write fault, cache hit", "file read fault, 16 pages")
SLOW_READS = "mmap_beside_slow_reads"
ROUNDS = 9
PROTOCOL_ROUNDS = 5  # five protocols, three counts of CPUs: to be done in minutes
TURNS = 3
LINUX_TURNS = 5
MEMORY = 768 * MIB  # four threads' files and their private copies, and none of it above the direct map
LINUX_WORDS = "console=ttyS0 quiet mitigations=off nokaslr transparent_hugepage=never init_on_alloc=0 panic=-1"
LINUX_SECONDS = 600  # a machine that is still not done is not going to be


@dataclass(frozen=True)
class Result:
    """What one run of the program printed."""

    rates: dict
    longest_us: int
    mmaps: int


def parse(output, who):
    """The Result, or a Refusal that shows how the run ended."""
    text = output.replace("\r", "")
    rates = {kind: int(rate) for kind, rate in re.findall(r"^rate (\S+) (\d+)$", text, re.MULTILINE)}
    wait = re.search(r"^wait (\d+) (\d+)$", text, re.MULTILINE)
    if "\nend" not in text or not wait or set(rates) != {*KINDS, CONTROL}:
        raise Refusal(f"{SOURCE} did not get to its end on {who}: {text.strip()[-600:]}")
    return Result(rates, int(wait[1]), int(wait[2]))


def compiled(config):
    """The program's path."""
    path, errors = compile_program(config, SOURCE)
    if errors:
        raise Refusal(f"{SOURCE} does not compile: {errors}")
    return path


def archive_with(path, name):
    """An initramfs with the program as `name`."""
    archive = initramfs.Archive()
    for folder in initramfs.STANDARD_FOLDERS:
        archive.folder(folder)
    archive.tree(path, name)
    return archive.bytes()


def run_ours(config, path, cpus, protocol=None, rounds=ROUNDS):
    """One boot of Faultline with as many threads as CPUs."""
    words = program.program_words("faults", (str(cpus), str(rounds)))
    if protocol:
        words.append(f"faultlock={protocol}")
    outcome = program.boot(config.with_(cpus=cpus, memory=MEMORY, seed=None), archive_with(path, "faults"), words)
    return parse(outcome.output.decode("utf-8", "replace"), "Faultline")


def run_linux(config, path, cpus, folder):
    """The same under Debian's kernel, the program its first process."""
    initrd = os.path.join(folder, "initrd.cpio")
    with open(initrd, "wb") as file:
        file.write(archive_with(path, "init"))
    args = [qemu.BINARY, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "pc",
            "-m", f"{MEMORY // MIB}M", "-smp", str(cpus), "-accel", "tcg,thread=multi", "-cpu", "qemu32",
            "-kernel", os.path.join(folder, "vmlinuz"), "-initrd", initrd, "-serial", "stdio",
            "-append", f"{LINUX_WORDS} -- {cpus} {ROUNDS} init"]
    try:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=LINUX_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Refusal(f"Linux made no end within {LINUX_SECONDS} s.") from None
    return parse(done.stdout, "Linux")


def fetch_linux(config):
    """The folder with Debian's kernel, and its package's name."""
    folder = os.path.dirname(config.path("linux", "vmlinuz"))
    done = subprocess.run(["sh", "tools/fetch-linux", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"make bench-linux needs Debian's kernel: {done.stdout.strip() or done.stderr.strip()}.")
    with open(os.path.join(folder, "version"), encoding="utf-8") as file:
        return folder, file.read().strip()


def chosen_protocols(wanted):
    """The protocols that PROTOCOLS= names."""
    names = PROTOCOLS if wanted == "all" else tuple(wanted.replace(",", " ").split())
    wrong = [name for name in names if name not in PROTOCOLS]
    if wrong:
        raise Refusal(f"PROTOCOLS={wanted}: {wrong[0]} is none of {', '.join(PROTOCOLS)}, or all.")
    return names


def lines_of(config, name):
    """Shared lines of each kind of fault, in LINE_ROWS' order."""
    lines = lines_per_fault(config, name)
    return [lines.get(row, "-") for row in LINE_ROWS]


def beside_slow_reads(config, name):
    """(longest mmap in us, mmaps a second) while a sibling thread sleeps in reads (tests/smp/r07_stale_region.c)."""
    notes = []
    log = ConsoleLog(log_path(config, "bench-slow-reads"))
    smp_test.boot(config.with_(cpus=2, seed=1, icount="shift=0,sleep=off"), [f"test={SLOW_READS}", f"faultlock={name}"], log,
                  lambda record: notes.append(record.text) if record.kind == "tap" else None)
    log.close()
    found = re.search(r"longest mmap\(\) (\d+) us; .*\((\d+) a second\)", "\n".join(notes))
    if not found:
        raise Refusal(f"{SLOW_READS} gave no figures under faultlock={name}: {log_path(config, 'bench-slow-reads')}")
    return int(found[1]), int(found[2])


def protocols(config, wanted):
    """`make bench PROTOCOLS=`: every protocol at 1, 2 and 4 CPUs."""
    names, path, rows = chosen_protocols(wanted), compiled(config), []
    for cpus in CPU_COUNTS:
        for name in names:
            got = [run_ours(config, path, cpus, name, PROTOCOL_ROUNDS) for _ in range(TURNS)]
            rows.append((name, cpus, *(int(statistics.median(one.rates[kind] for one in got)) // 1000 for kind in KINDS),
                         f"{max(one.longest_us for one in got) / 1000:.1f}", int(statistics.median(one.mmaps for one in got))))
        say(f"# {cpus} CPUs: done")
    say(table(rows, ("faultlock", "CPUs", "anonymous", "private file", "shared file", "longest mmap ms", "mmaps/s")))
    say("# thousand faults a second, threads in one address space, one for each CPU; mmap: beside the anonymous faults.")
    say(f"# Free running, median of {TURNS} boots (the longest mmap: of all): only rows of one quiet run may be compared.\n")
    counts = [(name, *lines_of(config, name), *beside_slow_reads(config, name)) for name in names]
    say(table(counts, ("faultlock", "anonymous", "with refills", "shared file", "private file", "file read", "longest mmap us", "mmaps/s")))
    say("# Shared cache lines written by a fault: lines that faults of other CPUs touch too, 4 CPUs in different page tables;")
    say("#   counted by the simulated machine (make lines). Frames come out of the CPU's cache but where it says refills.")
    say("# mmap(): beside a thread that sleeps in 40 reads of 20 ms each; 2 CPUs, guest time at one instruction a ns (-icount).")
    verdict(len(rows) + len(counts), 0)
    return 0


def ratios(above, below):
    """Of two rows of figures, by turn. What the host did to one turn it did to both."""
    return [a / b for a, b in zip(above, below)]


def spread(values):
    """The median, and between what it lies."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def complaint(ahead, gain):
    """What the verdict has against a row, by its ratios to Linux and (None: not asked) to two CPUs."""
    if statistics.median(ahead) <= 1:
        return "BEHIND LINUX"
    return "BELOW 2 CPUS" if gain and statistics.median(gain) < 1 else ""


def beside_linux(config, pattern):
    """`make bench-linux`: ours and Linux's in turns."""
    folder, version = fetch_linux(config)
    path = compiled(config)
    ours, linux = {}, {}
    for turn in range(LINUX_TURNS):
        for cpus in CPU_COUNTS:
            for into, got in ((ours, run_ours(config, path, cpus)), (linux, run_linux(config, path, cpus, folder))):
                for kind in (CONTROL, *KINDS):
                    into.setdefault((kind, cpus), []).append(got.rates[kind])
        say(f"# turn {turn + 1} of {LINUX_TURNS} done")
    rows, good, bad = [], 0, 0
    processors = len(os.sched_getaffinity(0))  # four virtual CPUs on fewer of them: which is ahead is the host's doing
    for kind in (*fnmatch.filter(KINDS, pattern), CONTROL):
        for cpus in CPU_COUNTS:
            mine, theirs = ours[kind, cpus], linux[kind, cpus]
            ahead, gain = ratios(mine, theirs), ratios(mine, ours[kind, 2])
            why = complaint(ahead, gain if 2 < cpus <= processors else None)
            if kind == CONTROL:
                why = "no faults"
            else:
                good, bad = good + (not why), bad + bool(why)
            rows.append((kind, cpus, f"{statistics.median(mine) / 1000:.0f}", f"{statistics.median(theirs) / 1000:.0f}",
                         spread(ahead), spread(gain), spread(ratios(theirs, linux[kind, 2])), why))
    say(table(rows, ("faults of", "CPUs", "ours", "Linux", "ours/Linux", "to 2 CPUs", "Linux's", "")))
    say(f"# thousand faults a second, {version}, same QEMU and program; medians of {LINUX_TURNS} turns, of the ratios within a turn too,")
    say("#   and between what they lay;")
    say("#   mapped: touches of pages that are there, which no kernel sees: what the host makes of so many virtual CPUs;")
    say("#   passed: ahead of Linux, and 4 CPUs not below 2" +
        ("" if processors >= 4 else f" (no verdict on that: this host has {processors} processors)"))
    verdict(good, bad)
    return 0 if not bad else 1
