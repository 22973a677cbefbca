#!/usr/bin/env python3
"""Holds every C file to .clang-format: reports, or with --fix rewrites. clang-format's layout differs between major
versions, so another version than the tree's is said and skipped, never obeyed."""

import argparse
import os
import re
import subprocess
import sys

VERSION = 14
FOLDERS = ("lib", "arch", "diag", "sync", "sched", "mm", "fs", "dev", "sys", "boot", "tests", "bench", "tools", "user")


def version():
    """clang-format's major version; None when it is not installed."""
    try:
        text = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"version (\d+)", text)
    return int(match[1]) if match else None


def files():
    """Every C source and header of the tree."""
    for folder in FOLDERS:
        for where, _, names in os.walk(folder):
            yield from (os.path.join(where, name) for name in sorted(names) if name.endswith((".c", ".h")))


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fix", action="store_true", help="rewrite the files")
    args = parser.parse_args()
    found = version()
    if found != VERSION:
        print(f"format: SKIPPED, this tree's layout is clang-format {VERSION}'s and here is {found or 'none'}")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    sources = list(files())
    how = ["-i"] if args.fix else ["--dry-run", "--ferror-limit=1"]
    done = subprocess.run(["clang-format", *how, *sources], capture_output=True, text=True, check=False)
    bad = sorted(set(re.findall(r"^(\S+?):\d+:\d+: ", done.stderr, re.MULTILINE)))
    for path in bad:
        print(f"{path} is not formatted (make format)")
    print(f"format: {len(sources)} files, {len(bad)} not formatted")
    return 1 if bad or done.returncode else 0


sys.exit(main())
