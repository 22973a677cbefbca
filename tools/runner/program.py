"""`make run`: one static Linux program on the product kernel, its output and status handed through."""

import os
import re
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass, field

from tools.runner import initramfs
from tools.runner.machine import Console, Machine
from tools.runner.options import Refusal, words
from tools.runner.records import Record

MOST_LOG_SHOWN = 200
MOST_DEATHS_SHOWN = 5
INITRD_NAME = "INITRD.CPI"  # on the second disk, where boot/grub.cfg looks for it


@dataclass
class Outcome:
    """What became of a program."""

    output: bytes = b""
    status: int | None = None   # the program's own; None when the kernel never said
    unknown_calls: list = field(default_factory=list)
    log: list = field(default_factory=list)  # the kernel's own words, which `run=` keeps off the console
    end: object = None

    @property
    def text(self):
        """Everything that was said, by the program and by the kernel."""
        return self.output.decode("utf-8", "replace").replace("\r", "") + "\n" + "\n".join(self.log)


def make_initrd_iso(path, archive):
    """An ISO 9660 image that holds nothing but the initramfs; GRUB finds it as a second disk."""
    folder = path + ".d"
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, INITRD_NAME), "wb") as file:
        file.write(archive)
    done = subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "INITRD", "-o", path, folder],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"xorriso cannot write the initramfs image: {done.stderr.strip()}")
    os.remove(os.path.join(folder, INITRD_NAME))
    os.rmdir(folder)


def check_program(path):
    """Refuses what is plainly no program file; the kernel judges the rest."""
    if not path:
        raise Refusal("PROGRAM= is missing: make run PROGRAM=path/to/static-i386-elf")
    if not os.path.exists(path):
        raise Refusal(f"PROGRAM={path} does not exist.")
    if not os.path.isfile(path):
        raise Refusal(f"PROGRAM={path} is not a file.")


def encode(text):
    """An argument as boot words carry it (sys/sys.h): what a shell, GRUB or the kernel could take amiss becomes %XX."""
    return urllib.parse.quote(text, safe="/._-+:=@")


def program_words(path, arguments):
    """Boot words that start /`path` with `arguments`; the kernel's own lines go to its log, not on the console."""
    arguments_word = ["args=" + ",".join(map(encode, arguments))] if arguments else []
    return ["quiet", f"run=/{path}", *arguments_word]


def boot(config, archive, boot_words, on_output=None, stdin=None, iso=None):
    """Boots the product image with an initramfs (None: without one) and waits for its end. `iso`: another CD."""
    outcome = Outcome()
    with Machine(config, boot_words, iso) as machine:
        if archive is not None:
            machine.initrd_iso = os.path.join(machine.folder, "initrd.iso")
            make_initrd_iso(machine.initrd_iso, archive)
        for event in machine.events(stdin):
            if isinstance(event, Console):
                outcome.output += event.data
                if on_output:
                    on_output(event.data)
            elif isinstance(event, Record):
                _take(outcome, event)
            else:
                outcome.end = event
    return outcome


def _take(outcome, record):
    if record.kind == "exit":
        outcome.status = int(record.text)
    elif record.kind == "unknown-syscall":
        outcome.unknown_calls.append(record.text)
    elif record.kind == "log":
        outcome.log.append(record.text)


def run(config, program, arguments=(), files=(), **how):
    """Runs one program file of the host."""
    check_program(program)
    # run= is not decoded, so a name with odd characters gets a plain one.
    inside = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(program))
    archive = initramfs.build([(program, inside), *((path, initramfs.guest_path(path)) for path in files)])
    return boot(config, archive, program_words(inside, arguments), **how)


def _to_stdout(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _stdin():
    """Standard input, unless it is closed or the null device."""
    try:
        return None if os.path.samestat(os.fstat(0), os.stat(os.devnull)) else 0
    except OSError:
        return None


def _say_why(outcome):
    """The kernel's own words about an end that is not the program's."""
    said = outcome.output.decode("utf-8", "replace")
    for line in outcome.log[-MOST_LOG_SHOWN:]:
        if line.strip() and line.strip() not in said:
            print(f"kernel: {line}", file=sys.stderr)


DEATH = re.compile(r"\bkilled\b|no stack for the handler|cannot be read back")


def _say_death(outcome):
    """A program that a signal ended: a shell would say which, the kernel says where and, out of memory, why."""
    for line in [line for line in outcome.log if DEATH.search(line)][-MOST_DEATHS_SHOWN:]:
        print(f"kernel: {line}", file=sys.stderr)


def main(config, program, arguments, files):
    """The command."""
    outcome = run(config, program, words("ARGS", arguments), words("FILES", files), on_output=_to_stdout, stdin=_stdin())
    for call in outcome.unknown_calls:
        print(f"unknown system call: {call}", file=sys.stderr)
    if outcome.status is None or outcome.end.reason != "exit":
        _say_why(outcome)
        print(f"run: {outcome.end.sentence}", file=sys.stderr)
        return outcome.status or 1
    if any(line.startswith("The program was killed by") for line in outcome.log):
        _say_death(outcome)
    return outcome.status
