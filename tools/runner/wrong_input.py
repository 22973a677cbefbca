"""Wrong input of every kind: one sentence and a failing status, never a panic, never silence."""

import os
import re
import subprocess
import time

from tools.runner import elf, initramfs, program
from tools.runner.compile import compile_program
from tools.runner.options import MIB

BAD = re.compile(r"\b(panic|oops|assert(ion)? failed|double fault|backtrace)\b", re.IGNORECASE)


def complaint(outcome, words):
    """What is wrong with how the kernel refused; None when it did as it should."""
    text = outcome.text
    if BAD.search(text):
        return f"the kernel did not refuse, it broke: {BAD.search(text)[0]}"
    if outcome.end.reason != "exit":
        return outcome.end.sentence
    if outcome.status == 0 or (outcome.status is None and outcome.end.ok):
        return "it ended with success"
    if not any(word in text.lower() for word in words):
        return f"no sentence on the console has any of: {', '.join(words)}"
    return None


def bad_files(config):
    """(name, file contents, words of which the refusal has one)."""
    path, errors = compile_program(config, "tests/programs/hello.c")
    if errors:
        raise RuntimeError(errors)
    with open(path, "rb") as file:
        good = file.read()
    return [
        ("an empty file", b"", ("elf", "empty", "short", "truncated", "executable")),
        ("a truncated ELF header", good[:40], ("truncated", "elf", "short")),
        ("a truncated ELF, headers whole", good[:4096], ("truncated", "beyond", "end of file", "short", "elf")),
        ("text", b"Once upon a time there was a page that nobody had touched.\n" * 40, ("elf", "executable")),
        ("a script", b"#!/bin/sh\necho no\n", ("interpreter",)),
        ("a script that is its own interpreter", b"#!/wrong\n", ("without end",)),
        ("another processor's ELF", elf.executable(machine=8), ("386", "processor", "machine", "elf")),
        ("a 64-bit ELF", b"\x7fELF\x02" + good[5:], ("64", "32-bit")),
        ("a dynamic ELF", elf.executable(interpreter="/lib/ld-linux.so.2"), ("dynamic", "interpreter", "static")),
        ("an ELF that maps kernel addresses", elf.executable(at=0xC0100000), ("kernel", "address", "0xc0")),
        ("an ELF whose memory wraps round", elf.executable(memory_size=0xFFFF0000), ("address", "memory", "kernel", "elf")),
    ]


def run_all(config, report):
    """Every wrong input as one test each."""
    def check(name, outcome, words, started):
        report.result(f"wrong input: {name}", complaint(outcome, words), outcome.text, time.monotonic() - started)

    for name, data, words in bad_files(config):
        started = time.monotonic()
        archive = initramfs.Archive()
        archive.folder("tmp")
        archive.file("wrong", data, 0o755)
        check(name, program.boot(config, archive.bytes(), program.program_words("wrong", ())), words, started)
    for name, machine, archive, words in bad_machines(config):
        started = time.monotonic()
        check(name, program.boot(machine, archive, program.program_words("hello", ())), words, started)
    for name, data, words in bad_archives(good_archive(config)):
        started = time.monotonic()
        check(f"initramfs, {name}", program.boot(config.with_(memory=32 * MIB), data, program.program_words("hello", ())), words, started)
    started = time.monotonic()
    archive = good_archive(config)
    archive.file("proc/meminfo", b"MemFree: all of it\n")
    outcome = program.boot(config, archive.bytes(), program.program_words("hello", ()))
    report.result("wrong input: initramfs with files in /proc", None if "hello from ring 3" in outcome.text else "it does not go on", outcome.text,
                  time.monotonic() - started)
    check_runner(config, report)


def good_archive(config):
    """An archive with one program, hello."""
    archive = initramfs.Archive()
    with open(config.path("programs", "glibc", "tests/programs/hello"), "rb") as file:
        archive.file("hello", file.read(), 0o755)
    return archive


def with_file(path, data=b"", link=None):
    """An archive of one file, or link."""
    archive = initramfs.Archive()
    if link is None:
        archive.file(path, data)
    else:
        archive.link(path, link)
    return archive.bytes()


def bad_archives(archive):
    """(name, bytes, words): archives that cannot be unpacked, or not be used."""
    good = archive.bytes()
    size = slice(6 + 8 * 6, 6 + 8 * 7)  # of the first file, in its header
    return [
        ("cut in a header", good[:60], ("inside a header",)),
        ("cut in a name", good[:112], ("inside a name",)),
        ("cut in a file", good[:4000], ("inside a file",)),
        ("another format", b"070707" + good[6:], ("magic",)),
        ("compressed", b"\x1f\x8b\x08\x00" + good[4:], ("magic",)),
        ("a file of 4 GiB", good[:size.start] + b"FFFFFFFF" + good[size.stop:], ("inside a file",)),
        ("a file that memory does not hold twice", with_file("big", bytes(14 * MIB)), ("no memory",)),
        ("a name of 5000 bytes", with_file("n" * 5000), ("name length",)),
        ("a name of 300 bytes", with_file("n" * 300), ("name is too long",)),
        ("a link to 5000 bytes", with_file("link", link="t" * 5000), ("name is too long",)),
        ("links in a circle", with_file("a", link="a").replace(b"TRAILER!!!", b"a/b\0\0\0\0\0\0\0"), ("too many links",)),
        ("a file below a file", with_file("a").replace(b"TRAILER!!!", b"a/b\0\0\0\0\0\0\0"), ("no directory",)),
        ("/dev is a file", with_file("dev"), ("no directory",)),
        ("without an entry", b"\0" * 512, ("empty",)),
    ]


def bad_machines(config):
    """(name, machine, initramfs, words): boots that cannot go on."""
    good = good_archive(config).bytes()
    damaged = good[:110] + b"\xff" * 400 + good[510:]
    return [
        ("an unknown boot word", config.with_(boot="nosuchword=1"), good, ("nosuchword",)),
        ("a wrong value of a boot word", config.with_(boot="ptaccess=teapot"), good, ("ptaccess", "teapot")),
        ("16 MiB of memory", config.with_(memory=16 * MIB), good, ("memory",)),
        ("no initramfs", config, None, ("initramfs",)),
        ("a damaged initramfs", config, damaged, ("initramfs",)),
        ("a truncated initramfs", config, good[:len(good) // 2], ("initramfs",)),
        ("a program that is not there", config.with_(boot="run=/nothere"), good, ("nothere", "no such")),
    ]


def check_runner(config, report):
    """What the runner itself refuses: status 2 and one sentence."""
    cases = [("PROGRAM", ["program"], {"PROGRAM": "/nonexistent/file"}), ("PROGRAM a folder", ["program"], {"PROGRAM": "/tmp"}),
             ("no PROGRAM", ["program"], {"PROGRAM": ""}), ("CPUS=0", ["smp-test"], {"CPUS": "0"}),
             ("CPUS=17", ["smp-test"], {"CPUS": "17"}), ("MEM=foo", ["smp-test"], {"MEM": "foo"}),
             ("ACCEL=x", ["smp-test"], {"ACCEL": "x"}), ("DISK=x", ["smp-test"], {"DISK": "x"}), ("SEED=abc", ["smp-test"], {"SEED": "abc"}),
             ("TEST that matches nothing", ["smp-test"], {"TEST": "no_such_test"}),
             ("MUTANT that matches nothing", ["mutants"], {"MUTANT": "Q99"})]
    for name, args, variables in cases:
        env = {**os.environ, "FL_BUILD": config.build, **variables}
        done = subprocess.run(["python3", "tools/run", *args], env=env, capture_output=True, text=True, check=False)
        sentence = done.stderr.strip()
        good = done.returncode == 2 and sentence.endswith((".", "elf")) and "\n" not in sentence
        report.result(f"wrong input: {name}", None if good else f"status {done.returncode}", sentence)
    check_death(config, report)


def check_death(config, report):
    """A program that dies of a signal: `make run` has its status, and says what it died of, and where."""
    path, errors = compile_program(config, "tests/programs/killed.c")
    if errors:
        raise RuntimeError(errors)
    env = {**os.environ, "FL_BUILD": config.build, "PROGRAM": path, "ARGS": "", "FILES": ""}
    done = subprocess.run(["python3", "tools/run", "program"], env=env, capture_output=True, text=True, check=False)
    good = done.returncode == 139 and "killed by SIGSEGV" in done.stderr and "0x10" in done.stderr
    report.result("wrong input: a program that dies", None if good else f"status {done.returncode}", done.stderr)
