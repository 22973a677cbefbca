"""Boots of which one allocation is refused (failnth=): each must end in a sentence that says what there was no memory for."""

import re
import time

from tools.runner import elf, initramfs, program
from tools.runner.show import say

# Of some 200 that a boot makes for itself: frames and addresses, CPUs, kernel tasks, the root, the archive, /dev, /proc.
ALLOCATIONS = (1, 2, 3, 34, 45, 49, 56, 64, 120)
CAUSE = re.compile(r"^.*\bno memory\b.*$", re.MULTILINE)
BROKEN = re.compile(r"\b(oops|assert(ion)? failed|double fault|does not answer|dump itself failed)\b", re.IGNORECASE)


def complaint(outcome):
    """What is wrong with how the boot ended; None when nothing is."""
    broken = BROKEN.search(outcome.text)
    if broken:
        return f"the kernel did not refuse, it broke: {broken[0]}"
    if outcome.end.reason != "exit":
        return outcome.end.sentence
    if not CAUSE.search(outcome.text):
        return "no sentence says that there was no memory, and for what"
    return None


def run_all(config):
    """Boots once for each of them; returns how many ended as they should, and how many not."""
    archive = initramfs.Archive()
    archive.folder("tmp")
    archive.file("tiny", elf.executable(), 0o755)
    passed = 0
    for nth in ALLOCATIONS:
        started = time.monotonic()
        machine = config.with_(cpus=4, boot=f"{config.boot} failnth={nth}".strip())
        outcome = program.boot(machine, archive.bytes(), program.program_words("tiny", ()))
        wrong = complaint(outcome)
        passed += not wrong
        said = wrong or CAUSE.search(outcome.text)[0]
        say(f"{'not ok' if wrong else 'ok'} - the boot's allocation {nth} refused: {said} ({time.monotonic() - started:.1f} s)")
        if wrong:
            say("  | " + "\n  | ".join(outcome.text.split("\n")[-30:]))
    return passed, len(ALLOCATIONS) - passed
