#!/usr/bin/env python3
"""Searches every state of the Promela models in notes/models with Spin (`make models`), as TAP.

A model says in its first comment what is expected, one line each:
    check-models: expect ok                  no assertion fails, nobody is stuck
    check-models: mutant -DNAME: why         compiled with that, something must fail
    check-models: depth N                    the longest path, if the default is too short
Without Spin every model is a skipped test with that reason.
"""

import argparse
import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys

LINE = re.compile(r"check-models: (expect ok|mutant|depth)\b ?(.*)")
ERRORS = re.compile(r"errors: (\d+)")
STATES = re.compile(r"^\s*([\d.e+]+) states, stored", re.MULTILINE)
FAILURE = re.compile(r"^pan:\d+: (.*?)(?: \(at depth \d+\))?$", re.MULTILINE)


class Model:
    """One file and what its first comment expects."""

    def __init__(self, path):
        self.path, self.name = path, os.path.splitext(os.path.basename(path))[0]
        self.depth, self.mutants, self.sound = 1000000, [], False
        with open(path, encoding="utf-8") as file:
            for word, rest in LINE.findall(file.read().split("*/")[0]):
                if word == "mutant":
                    flag, _, why = rest.partition(": ")
                    self.mutants.append((flag, why))
                elif word == "depth":
                    self.depth = int(rest)
                else:
                    self.sound = True


def search(model, flags, folder):
    """(errors, states, what failed): builds and runs Spin's verifier for one variant."""
    os.makedirs(folder, exist_ok=True)
    steps = (["spin", *flags, "-a", os.path.abspath(model.path)],
             ["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"], ["./pan", f"-m{model.depth}"])
    for step in steps:
        done = subprocess.run(step, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    errors, states, failure = ERRORS.search(done.stdout), STATES.search(done.stdout), FAILURE.search(done.stdout)
    if not errors or "max search depth too small" in done.stdout:
        return 1, 0, "no verdict: " + " ".join(done.stdout.split())[:300]
    return int(errors[1]), int(float(states[1])) if states else 0, failure[1] if failure else ""


def variants(model):
    """(test name, flags, must it fail, comment) for each thing that the model promises."""
    if model.sound:
        yield f"model_{model.name}", [], False, "every interleaving"
    for flag, why in model.mutants:
        yield f"model_{model.name} {flag}", flag.split(), True, why


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="where the verifiers are built (default: build)")
    parser.add_argument("--models", default="notes/models", help="the folder of the models (default: notes/models)")
    parser.add_argument("pattern", nargs="?", default="*", help="which models, as a shell pattern (default: all)")
    args = parser.parse_args()
    models = [m for m in map(Model, sorted(glob.glob(args.models + "/*.pml"))) if fnmatch.fnmatch(m.name, args.pattern)]
    if not models:
        print(f"models: no model of {args.models} matches {args.pattern}.", file=sys.stderr)
        return 2
    count = {"ok": 0, "not ok": 0, "skipped": 0}
    for model in models:
        if not model.sound:
            print(f"models: {model.path} expects nothing.", file=sys.stderr)
            return 2
        for number, (name, flags, must_fail, why) in enumerate(variants(model)):
            if not shutil.which("spin"):
                count["skipped"] += 1
                print(f"ok - {name} # SKIP Spin is not installed and could not be (package spin)")
                continue
            errors, states, failure = search(model, flags, os.path.join(args.build, "models", f"{model.name}.{number}"))
            good = (errors > 0) == must_fail and not failure.startswith("no verdict")
            count["ok" if good else "not ok"] += 1
            print(f"{'ok' if good else 'not ok'} - {name}: {why}; {states} states, {failure or 'no error'}", flush=True)
    print(f"{count['ok']} passed, {count['not ok']} failed, {count['skipped']} skipped")
    return 1 if count["not ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
