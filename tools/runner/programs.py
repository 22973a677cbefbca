"""`make programs`: real programs and wrong input on the product kernel.

Each C file of tests/programs says in its first comment what is expected of it, one `@word value` a line:
@libc glibc musl | @args ... | @files ... | @cpus N | @mem SIZE | @status N (default 0) | @output LINE (in this order).
"""

import fnmatch
import glob
import os
import re
import time
from dataclasses import dataclass

from tools.runner import program, wrong_input
from tools.runner.compile import compile_program, musl_missing
from tools.runner.options import Refusal, memory
from tools.runner.show import say, verdict

FOLDER = "tests/programs"
CRASH = re.compile(r"\b(panic|oops|assert(ion)? failed|double fault)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Expectation:
    """What one program's first comment says."""

    libcs: tuple = ("glibc",)
    args: tuple = ()
    files: tuple = ()
    cpus: int = 0           # 0: as the user chose
    memory: int = 0
    status: int = 0
    output: tuple = ()


def read_expectation(path):
    """Parses the `@word value` lines of the first comment."""
    with open(path, encoding="utf-8") as file:
        comment = file.read().split("*/")[0]
    words = {}
    for word, value in re.findall(r"^ \* @(\w+) ?(.*)$", comment, re.MULTILINE):
        words.setdefault(word, []).append(value.strip())
    one = {word: values[0] for word, values in words.items()}
    unknown = set(words) - {"libc", "args", "files", "cpus", "mem", "status", "output"}
    if unknown:
        raise Refusal(f"{path}: nobody knows @{unknown.pop()}.")
    return Expectation(
        libcs=tuple(one.get("libc", "glibc").split()), args=tuple(one.get("args", "").split()),
        files=tuple(one.get("files", "").split()), cpus=int(one.get("cpus", "0")),
        memory=memory(one["mem"]) if "mem" in one else 0, status=int(one.get("status", "0")),
        output=tuple(words.get("output", ())))


def complaint(expected, outcome):
    """What is wrong with an outcome, in a sentence; None when nothing is."""
    crash = CRASH.search(outcome.text)
    if outcome.end.reason != "exit" or crash:
        return crash[0] if crash else outcome.end.sentence
    if outcome.status is None:
        return "the kernel reported no exit status"
    if outcome.status != expected.status:
        return f"exit status {outcome.status}, expected {expected.status}"
    lines = iter(outcome.text.split("\n"))
    for wanted in expected.output:
        if not any(wanted in line for line in lines):
            return f"the output lacks, or has out of order: {wanted}"
    return None


class Report:
    """Counts, and TAP on the screen."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def result(self, name, problem, console="", seconds=0.0):
        """One finished test."""
        number = self.passed + self.failed + self.skipped + 1
        if problem is None:
            self.passed += 1
            say(f"ok {number} - {name} ({seconds:.1f} s)")
            return
        self.failed += 1
        for line in console.replace("\r", "").split("\n")[-60:]:
            say("  | " + line)
        say(f"  # {problem}")
        say(f"not ok {number} - {name}")

    def skip(self, name, reason):
        """One test that this machine cannot run."""
        self.skipped += 1
        say(f"ok {self.passed + self.failed + self.skipped} - {name} # SKIP {reason}")


def run_one(config, report, source, libc):
    """Builds and runs one program with one C library."""
    name = f"{os.path.splitext(os.path.basename(source))[0]} ({libc})"
    expected = read_expectation(source)
    if libc == "musl" and musl_missing(config):
        report.skip(name, musl_missing(config))
        return
    path, errors = compile_program(config, source, libc)
    if errors:
        report.result(name, "it does not compile", errors)
        return
    machine = config.with_(cpus=expected.cpus or config.cpus, memory=expected.memory or config.memory)
    started = time.monotonic()
    outcome = program.run(machine, path, expected.args, expected.files)
    report.result(name, complaint(expected, outcome), outcome.text, time.monotonic() - started)


def main(config, pattern):
    """The command. `pattern` chooses by file name; wrong input is the pseudo-program `wrong_input`."""
    sources = [p for p in sorted(glob.glob(FOLDER + "/*.c"))
               if fnmatch.fnmatch(os.path.splitext(os.path.basename(p))[0], pattern)]
    wrong = fnmatch.fnmatch("wrong_input", pattern)
    if not sources and not wrong:
        raise Refusal(f"TEST={pattern} matches no program of {FOLDER}.")
    report = Report()
    for source in sources:
        for libc in read_expectation(source).libcs:
            run_one(config, report, source, libc)
    if wrong:
        wrong_input.run_all(config, report)
    verdict(report.passed, report.failed, report.skipped)
    return 1 if report.failed else 0
