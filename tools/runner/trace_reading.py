"""A trace file as trace-cmd reads it: its events, and no complaint."""

import re
import subprocess

COMPLAINTS = re.compile(r"went backwards|warning|error:|failed to|FAILED|UNKNOWN|unknown event|could not|bad op", re.IGNORECASE)
EVENT = re.compile(r"^ *(\S.*)-(\d+) +\[(\d+)\] +([\d.]+): (\w+): +(.*)$")


class Failure(Exception):
    """What is wrong, as one sentence."""


def trace_cmd(path, *options):
    """What `trace-cmd report` says about the file, which must be no complaint; its exit status says little."""
    done = subprocess.run(["trace-cmd", "report", *options, "-i", path], capture_output=True, text=True, errors="replace",
                          check=False)
    for line in (done.stdout + done.stderr).splitlines():
        if COMPLAINTS.search(line if not EVENT.match(line) else ""):
            raise Failure(f"trace-cmd report {' '.join(options)}: {line.strip()}")
    if done.returncode != 0 or done.stderr.strip():
        raise Failure(f"trace-cmd report {' '.join(options)}: status {done.returncode}, {done.stderr.strip()[:200]}")
    return done.stdout


def read_events(path):
    """[(task, pid, cpu, seconds, event, text)] as trace-cmd prints them; every line must be an event."""
    events = []
    for line in trace_cmd(path).splitlines():
        match = EVENT.match(line)
        if match:
            task, pid, cpu, seconds, event, text = match.groups()
            events.append((task, int(pid), int(cpu), float(seconds), event, text))
        elif not line.startswith("cpus=") and "EVENTS DROPPED" not in line:
            raise Failure(f"trace-cmd printed a line that is no event: {line}")
    return events


def read_counters(config):
    """The kernel's counters as tools.trace found them in guest memory."""
    with open(config.path("log", "counters"), encoding="utf-8") as file:
        return {name: int(value) for name, value in map(str.split, file)}
