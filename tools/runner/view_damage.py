"""Files that are no trace of ours, given to tools.trace.view."""

import random
import subprocess
import sys

from tools.runner.trace_reading import Failure

RANDOM_DAMAGES = 25


def run_tool(path, output):
    """(status, lines of its complaint)."""
    done = subprocess.run([sys.executable, "-m", "tools.trace.view", path, "-o", output], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip().splitlines()


def refused(path, output):
    """It must say one sentence and leave with 1."""
    status, lines = run_tool(path, output)
    if status != 1 or len(lines) != 1 or not lines[0].startswith("trace-view: "):
        raise Failure(f"tools.trace.view {path}: status {status}, {lines[-1:]}")
    return lines[0]


def check_damaged_files(config, good_path):
    """Truncated, foreign and damaged files; and places where no page can be written."""
    with open(good_path, "rb") as file:
        good = file.read()
    bad, page = config.path("log", "damaged-view.dat"), config.path("log", "damaged-view.html")

    def write(data):
        with open(bad, "wb") as file:
            file.write(data)
        return bad

    for size in (0, 1, 9, 12, 100, 3000, 20000, 65536, len(good) // 2, len(good) - 1):
        refused(write(good[:size]), page)
    for data in (b"Once upon a time there was a page.\n" * 1000, bytes(10000), good[1:], good.replace(b"tracing6\0", b"tracing7\0", 1)):
        refused(write(data), page)
    other = refused(write(good.replace(b"Faultline i686", b"Linux  6.1 x86", 1)), page)
    if "Linux" not in other:
        raise Failure(f"the trace of another kernel is refused without its name: {other}")
    refused("/nonexistent/trace.dat", page)
    refused(good_path, "/nonexistent/folder/trace.html")
    chance = random.Random(6)
    for _ in range(RANDOM_DAMAGES):
        data = bytearray(good)
        for _ in range(chance.choice((1, 8, 200))):
            data[chance.choice((chance.randrange(4096), chance.randrange(65536), chance.randrange(len(data))))] = chance.randrange(256)
        if run_tool(write(bytes(data)), page)[0] != 0:
            refused(bad, page)
