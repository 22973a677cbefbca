"""Foreign and damaged memory files, given to tools.trace."""

import os
import random
import subprocess
import sys

from tools.runner.trace_reading import Failure
from tools.trace import TraceError
from tools.trace.analysis import study_trace
from tools.trace.datfile import Trace
from tools.trace.perf.events import contention_file, lock_file
from tools.trace.report import report
from tools.trace.story.__main__ import list_faults, tell

DAMAGED = 400


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


def make_perf_files(trace, folder):
    """What tools.trace.perf does."""
    events = trace.events()
    study = study_trace(trace, events)
    for made in (contention_file(trace, events, study.waits), lock_file(trace, events)):
        if made:
            made.write(os.path.join(folder, "damaged.data"))


def tell_first(trace):
    """What tools.trace.story does."""
    study = study_trace(trace)
    list_faults(study)
    if study.faults:
        tell(study, "1", "build")


def check_damaged_bytes(config, good):
    """Traces of which some bytes were changed, most of them among the events: the tools have an answer or a sentence."""
    with open(good, "rb") as file:
        whole = file.read()
    places = Trace(whole).places_at
    tools = {"perf": lambda trace: make_perf_files(trace, config.path("log")), "story": tell_first,
             "report": lambda trace: report(study_trace(trace))}
    refused = 0
    for seed in range(DAMAGED):
        chance = random.Random(seed)
        data = bytearray(whole)
        for _ in range(chance.choice((1, 20, 200, 2000))):
            data[chance.randrange(places if seed % 4 else 0, len(data))] = chance.choice((0, 255, chance.randrange(256)))
        for name, tool in tools.items():
            try:
                tool(Trace(bytes(data)))
            except TraceError:
                refused += 1
            except Exception as error:
                raise Failure(f"tools.trace.{name}, damage {seed}: {type(error).__name__}, {error}") from error
    if not 0 < refused < DAMAGED * len(tools):
        raise Failure(f"{refused} of {DAMAGED * len(tools)} were refused")
    return f"{DAMAGED} damaged traces, {len(tools)} tools, {refused} times a sentence"


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
