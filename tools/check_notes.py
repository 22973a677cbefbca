#!/usr/bin/env python3
"""Holds the book to the code: every file, function and race point that notes/ and README.md name must exist.

In `backticks`: a path with a slash is a file or folder (a pattern may match several; what starts with build/ is made, not
kept); name() is a function or macro of the tree; race_point(Rnn) must stand somewhere in the code;
a name like s07_... or r01_... is a test.
"""

import argparse
import glob
import os
import re
import sys

SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"^(?:[\w.-]+/)+[\w.*-]+$")
CALL = re.compile(r"^([a-z_]\w+)\(\)$")
MADE = "build"
TEST = re.compile(r"^([sr]\d\d_\w+)$")
POINT = re.compile(r"^race_point\((R\d\d)\)$")


def tree_source():
    """All C, assembly, Python and make text of the tree, as one string. A checkout need not be a git repository."""
    parts = []
    for where, folders, names in os.walk("."):
        folders[:] = [name for name in folders if not name.startswith(".") and name != MADE]
        for name in names:
            if name.endswith((".c", ".h", ".asm", ".py", ".mk")) or name == "Makefile":
                with open(os.path.join(where, name), encoding="utf-8") as file:
                    parts.append(file.read())
    return "\n".join(parts)


def complaint(span, source):
    """What is wrong with one reference, or None."""
    if PATH.match(span) and not span.startswith("build/"):
        return None if glob.glob(span) else "no such file"
    call = CALL.match(span)
    if call:
        return None if re.search(rf"\b{call[1]}\b", source) else "no such function"
    point = POINT.match(span)
    if point:
        return None if f"race_point({point[1]})" in source else "no such race point"
    test = TEST.match(span)
    if test:
        return None if re.search(rf"""(\bTEST\(\s*|["'/]){test[1]}\b""", source) else "no such test"
    return None


def check(paths, source):
    """Every complaint about the chapters, as `file:line: text`."""
    found = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                for span in SPAN.findall(line):
                    what = complaint(span, source)
                    if what:
                        found.append(f"{path}:{number}: `{span}`: {what}")
    return found


def self_test(source):
    """A check that cannot fail is a defect."""
    bad = ["mm/no_such_file.c", "no_such_" + "function()", "race_point(R" + "99)", "s99" + "_no_such_test"]
    missed = [span for span in bad if not complaint(span, source)]
    return [f"self-test: `{span}` was not refused" for span in missed]


def main():
    """The command."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    source = tree_source()
    chapters = sorted(glob.glob("notes/*.md")) + glob.glob("README.md")
    complaints = self_test(source) + check(chapters, source)
    for line in complaints:
        print(line)
    print(f"check-notes: {len(chapters)} chapters, {len(complaints)} wrong references")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
