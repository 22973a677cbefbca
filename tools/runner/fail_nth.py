"""`make fail-nth`: each allocation that the test kernel makes for a program is refused once (row S14); and some of its boot."""

import re

from tools.runner import program, refused_boot
from tools.runner.compile import compile_program
from tools.runner.options import Refusal
from tools.runner.show import say, table, verdict

SOURCE = "tests/fail_nth/calls.c"
SITE = re.compile(r"^ *(\d+) (\w+\+\S+)", re.MULTILINE)
RESULT = re.compile(r"^(not )?ok (\d+) - (.*)$", re.MULTILINE)


def site_rows(text):
    """(function, refusals) of every place that was refused, most first; one row a function."""
    sums = {}
    for count, site in SITE.findall(text):
        name = site.split("+")[0]
        sums[name] = sums.get(name, 0) + int(count)
    return sorted(sums.items(), key=lambda row: (-row[1], row[0]))


def main(config):
    """The command."""
    path, errors = compile_program(config, SOURCE)
    if errors:
        raise Refusal(f"{SOURCE} does not compile: {errors}")
    # The word failnth= chooses the test kernel (boot/grub.cfg); the program counts for itself.
    outcome = program.run(config.with_(boot=f"{config.boot} failnth=0".strip()), path,
                          on_output=lambda data: say(data.decode("utf-8", "replace").rstrip("\r\n")) if config.verbose else None)
    text = outcome.text
    results = RESULT.findall(text)
    for line in text.split("\n"):
        if re.match(r"(not )?ok |  # |1\.\.", line):
            say(line)
    rows = site_rows(text)
    say(table(rows, ("refused in", "times")))
    say(f"# {len(rows)} functions, {sum(n for _, n in rows)} refusals")
    failed = sum(bool(bad) for bad, _, _ in results)
    planned = re.search(r"^1\.\.(\d+)", text, re.MULTILINE)
    if outcome.status is None or outcome.end.reason != "exit" or not planned or len(results) != int(planned[1]):
        say("  | " + "\n  | ".join(text.split("\n")[-40:]))
        say(f"fail-nth: {outcome.end.sentence}")
        failed += 1
    good_boots, bad_boots = refused_boot.run_all(config)
    failed += bad_boots
    verdict(len(results) - sum(bool(bad) for bad, _, _ in results) + good_boots, failed, 0)
    return 1 if failed else 0
