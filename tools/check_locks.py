#!/usr/bin/env python3
"""clang reads the lock contracts (lib/contract.h) of sync, sched, mm, fs, dev and sys, for both images: the second reader.
So it does the rule that a page-table entry is read by its accessor, once, and never by a plain load (R49).

A body that it cannot follow (`lock_implementation`) must say on some prototype what it takes, gives or wants: its callers
are held to that all the same.

Then it reads tests/check-locks/*.c, each a planted mistake, and must refuse every one with a word that the file's
first line names (`/* refuse: WORD */`); files that say `/* accept */` must pass.
"""

import glob
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

FOLDERS = ("sync", "sched", "mm", "fs", "dev", "sys")
PLANTED = "tests/check-locks"
CLANG = ["clang", "--target=i386-linux-gnu", "-m32", "-march=i686", "-std=gnu17", "-ffreestanding", "-fsyntax-only", "-I.",
         "-Iarch/x86", "-DFL_X86=1", "-DFL_CHECK_LOCKS", "-Wno-everything", "-Wthread-safety", "-Wnoderef", "-Werror"]
AT_ONCE = 2
# Functions whose bodies are not followed; and those of which a declaration ends in a contract.
UNFOLLOWED = re.compile(r"^(?:static )?(?:inline )?lock_implementation [^;{()]*?(\w+)\(", re.MULTILINE)
PROMISED = re.compile(r"\b(\w+)\([^;{}()]*\)\s*(?:(?:try_)?(?:acquires|releases)|must_(?:not_)?hold|asserts_held)(?:_shared)?\(")


def read(job):
    """Runs clang over one file; returns (path, its complaints)."""
    path, defines = job
    done = subprocess.run([*CLANG, *defines, path], capture_output=True, text=True, check=False)
    return path, done.stderr if done.returncode else ""


def without_contract(sources):
    """[(path, function)]: bodies that nobody follows and that no prototype says anything about."""
    texts = {path: open(path, encoding="utf-8").read() for path in sources}
    known = {name for text in texts.values() for name in PROMISED.findall(text)}
    return [(path, name) for path, text in texts.items() for name in UNFOLLOWED.findall(text) if name not in known]


def unsaid_lines(sources):
    """A line for each body that nobody follows and that no prototype says anything about."""
    return "".join(f"{path}: {name}() is not followed by clang, and no prototype says what it takes, gives or wants\n"
                   for path, name in without_contract(sources))


def planted_problem(path, complaints):
    """Why a planted file did not do what it must; None when it did."""
    with open(path, encoding="utf-8") as file:
        first = file.readline()
    wanted = re.match(r"/\* refuse: (.+?) \*/", first)
    if not wanted:
        return f"must be accepted, and is not:\n{complaints}" if complaints else None
    if not complaints:
        return "the mistake was not noticed"
    return None if wanted[1] in complaints else f"refused, but not for '{wanted[1]}':\n{complaints}"


def main():
    """The command."""
    sources = [path for folder in FOLDERS for path in sorted(glob.glob(folder + "/**/*.c", recursive=True))]
    planted = sorted(glob.glob(PLANTED + "/*.c"))
    jobs = [(path, defines) for path in sources for defines in ([], ["-DFL_TEST=1"])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = [(path, text) for path, text in pool.map(read, jobs) if text]
        escaped = [(path, why) for path, text in pool.map(read, [(path, []) for path in planted])
                   if (why := planted_problem(path, text + unsaid_lines([path])))]
    for _, text in failed:
        print(text, end="")
    headers = [path for folder in FOLDERS for path in glob.glob(folder + "/**/*.h", recursive=True)]
    unsaid = unsaid_lines(sources + headers)
    print(unsaid, end="")
    for path, why in escaped:
        print(f"{path}: {why}")
    print(f"check-locks: {len(sources)} files read twice, {len(failed)} refused; {unsaid.count(chr(10))} bodies without a contract; {len(planted)} planted, {len(escaped)} wrong")
    if not planted:
        print("check-locks: no planted mistakes in " + PLANTED)
    sys.exit(1 if failed or escaped or unsaid or not planted else 0)


main()
