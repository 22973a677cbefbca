"""Foreign and damaged memory files, given to tools.trace."""

import random
import subprocess
import sys

from tools.runner.trace_reading import Failure


def refused(arguments):
    """tools.trace must say one sentence and leave with 1."""
    done = subprocess.run([sys.executable, "-m", "tools.trace", *arguments], capture_output=True, text=True, check=False)
    lines = done.stderr.strip().splitlines()
    if done.returncode != 1 or len(lines) != 1 or not lines[0].startswith("trace: "):
        raise Failure(f"tools.trace {' '.join(arguments)}: status {done.returncode}, {done.stderr.strip()[-200:]}")


def check_damaged_file(config, good, module):
    """Foreign, cut and damaged trace.dat files, given to a tool that reads them: one sentence and status 1, or its answer."""
    with open(good, "rb") as file:
        whole = file.read()
    bad, out = config.path("log", "damaged.dat"), config.path("log", "damaged.out")
    more = {"perf": ("-o", out, "--locks", out, "--kallsyms", out), "story": ("--fault", "1")}.get(module, ())

    def complaint(data):
        with open(bad, "wb") as file:
            file.write(data)
        done = subprocess.run([sys.executable, "-m", f"tools.trace.{module}", bad, *more], capture_output=True, text=True,
                              check=False)
        lines = done.stderr.strip().splitlines()
        if done.returncode and (done.returncode != 1 or len(lines) != 1 or not lines[0].startswith("trace: ")):
            raise Failure(f"tools.trace.{module} on a damaged file: status {done.returncode}, {done.stderr.strip()[-200:]}")
        return done.returncode

    foreign = (b"", b"x", bytes(5000), whole[:9], whole[:3000], whole[:30000], whole[: len(whole) // 2], whole[1:],
               whole.replace(b"tracing6\0", b"tracing7\0", 1), whole.replace(b"Faultline i686", b"Linux  6.1 x86", 1))
    if not all(complaint(data) for data in foreign):
        raise Failure(f"tools.trace.{module} took a foreign or cut file for a trace")
    chance = random.Random(7)
    for _ in range(4):
        data = bytearray(whole)
        for _ in range(200):
            data[chance.randrange(len(data))] = chance.randrange(256)
        complaint(bytes(data))


def check_damaged(config, ram, at, size):
    """Foreign and damaged memory files: a sentence and status 1, or a trace that can be read; never a Python backtrace."""
    with open(ram, "rb") as file:
        file.seek(at)
        good = file.read(size)
    bad, out = config.path("log", "damaged.ram"), config.path("log", "damaged.dat")

    def write(data):
        with open(bad, "wb") as file:
            file.write(data)
        return [bad, "--at", "0", "-o", out]

    foreign = [b"", b"x", bytes(4096), b"FLTRACE\0", good[:100], good[:5000], good[: size // 2],
               b"Once upon a time there was a page.\n" * 1000, good[1:]]
    for data in foreign:
        refused(write(data))
    refused([bad, "--at", str(2**63), "-o", out])
    refused(["/nonexistent/ram", "--at", "0", "-o", out])
    refused([ram, "--at", str(at), "-o", "/nonexistent/folder/trace.dat"])
    chance = random.Random(6)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.choice((1, 8, 200))):
            data[chance.choice((chance.randrange(96), chance.randrange(16384), chance.randrange(size)))] = chance.randrange(256)
        arguments = write(data)
        done = subprocess.run([sys.executable, "-m", "tools.trace", *arguments], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            report = subprocess.run(["trace-cmd", "report", "-i", out], capture_output=True, text=True, errors="replace",
                                    check=False)
            if report.returncode < 0:
                raise Failure(f"trace-cmd died of signal {-report.returncode} on a damaged region's trace")
        else:
            refused(arguments)
