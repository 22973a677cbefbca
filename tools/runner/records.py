"""The control port's records (notes/conventions.md), and TAP lines inside them."""

import re
from dataclasses import dataclass

KINDS = {"log", "tap", "exit", "trace", "lockstat", "heartbeat", "time", "unknown-syscall"}
RESULT = re.compile(r"(?P<not>not )?ok\b(?: +(?P<number>\d+))?(?: +-)? +(?P<name>[^\s:#]+)(?P<rest>.*)")


@dataclass(frozen=True)
class Record:
    """One line of COM2: its kind and the text after it."""

    kind: str
    text: str


@dataclass(frozen=True)
class Result:
    """One TAP result line."""

    name: str
    passed: bool
    skipped: bool
    line: str


class Lines:
    """Cuts a byte stream into lines."""

    def __init__(self):
        self._rest = b""

    def feed(self, data):
        """The lines that `data` completes, without their ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.rstrip(b"\r").decode("utf-8", "replace") for line in lines]


def parse(line):
    """A Record. A line of no known kind (firmware noise, a torn write) is kept as `log`."""
    kind, _, text = line.partition(" ")
    return Record(kind, text) if kind in KINDS else Record("log", line)


def parse_result(line):
    """The Result in a TAP line, or None."""
    match = RESULT.match(line)
    if not match:
        return None
    skipped = bool(re.search(r"#\s*skip", match["rest"], re.IGNORECASE))
    return Result(match["name"], not match["not"], skipped, line)


def parse_plan(line):
    """How many tests a TAP plan line announces, or None."""
    match = re.match(r"1\.\.(\d+)", line)
    return int(match[1]) if match else None
