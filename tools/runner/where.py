"""`make bench-where`: which functions the instructions of one row of `make bench` are spent in."""

import collections
import os
import re
import subprocess
import threading

from tools.runner import bench, initramfs, program
from tools.runner.compile import compile_program
from tools.runner.gdbstub import Stub
from tools.runner.machine import Console, Machine
from tools.runner.options import Refusal
from tools.runner.show import say, table

KERNEL_FROM = 0xC0000000
EXECUTED = re.compile(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/", re.MULTILINE)
PROGRAM, NOWHERE = "(the program)", "(assembly)"


def source_of(row):
    """The benchmark program that has this row."""
    for name in sorted(os.listdir(bench.FOLDER)):
        path = os.path.join(bench.FOLDER, name)
        if name.endswith(".c"):
            with open(path, encoding="utf-8") as file:
                if f'"{row}"' in file.read():
                    return path
    raise Refusal(f'ROW="{row}" is no row of a program in {bench.FOLDER}/; the names are in {bench.FOLDER}/baseline.tsv.')


def symbol(path, name):
    """The address of a function."""
    listing = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    match = re.search(rf"^([0-9a-f]+) \w {name}$", listing, re.MULTILINE)
    if not match:
        raise Refusal(f"{path} has no {name}")
    return int(match[1], 16)


def time_readings(path):
    """The addresses of a program's RDTSC instructions."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True).stdout
    return {int(address, 16) for address in re.findall(r"^ *([0-9a-f]+):\trdtsc", text, re.MULTILINE)}


class Watched:
    """A machine whose output is kept, and which waits for its debugger."""

    def __init__(self, config, path, row):
        self.machine = Machine(config, program.program_words("bench", (row,)))
        self.port = os.path.join(self.machine.folder, "gdb")
        self.machine.initrd_iso = os.path.join(self.machine.folder, "initrd.iso")
        program.make_initrd_iso(self.machine.initrd_iso, bench.archive_with(path))
        self.machine.config = config.with_(qemu_args=(
            *config.qemu_args, "-S", "-chardev", f"socket,id=gdb,path={self.port},server=on,wait=off", "-gdb", "chardev:gdb"))
        self.output = b""
        self.end = None
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self):
        for event in self.machine.events():
            if isinstance(event, Console):
                self.output += event.data
            else:
                self.end = event

    def trace(self, path, log):
        """Runs to the row's middle samples and writes the address of each of their instructions to `log`."""
        with self.machine:
            self.thread.start()
            self.machine.ready.wait()
            stub = Stub(self.port)
            try:
                stub.run_to(symbol(path, "bench_trace_begins"))
                # One instruction at a time, and each block that is entered said: then each instruction is.
                for command in (f"logfile {os.path.abspath(log)}", "singlestep on", "log exec,nochain"):
                    stub.monitor(command)
                stub.run_to(symbol(path, "bench_trace_ends"))
                for command in ("log none", "singlestep off"):
                    stub.monitor(command)
                stub.go()
            except (ConnectionError, BrokenPipeError):
                self.thread.join()
                say(self.output.decode("utf-8", "replace")[-2000:])
                raise Refusal(f"the row did not come to its samples: {self.end.sentence}") from None
            self.thread.join()
        return bench.parse(self.output.decode("utf-8", "replace"))


def samples(log, readings):
    """The addresses between each two readings of the time: [[address]]."""
    with open(log, encoding="utf-8", errors="replace") as file:
        trace = [int(address, 16) for address in EXECUTED.findall(file.read())]
    marks = [i for i, address in enumerate(trace) if address in readings]
    return [trace[begin + 1:end] for begin, end in zip(marks[::2], marks[1::2])]


def functions(image, addresses):
    """{address: the innermost function of the source, inlined ones too}."""
    addresses = sorted(addresses)
    done = subprocess.run(["addr2line", "-a", "-f", "-i", "-e", image], input="\n".join(map(hex, addresses)),
                          capture_output=True, text=True, check=True)
    found = re.findall(r"^0x([0-9a-f]+)\n(.*)\n(.*)$", done.stdout, re.MULTILINE)
    return {int(address, 16): label(name, place) for address, name, place in found}


def label(name, place):
    """Function and source file as a row shows them."""
    file = place.rsplit(":", 1)[0]
    file = os.path.relpath(file) if file.startswith("/") else file
    return (NOWHERE if name == "??" else name + "()", "" if file == "??" else file)


def count(image, sample):
    """[(function, file, instructions)], the most first."""
    of = functions(image, {address for address in sample if address >= KERNEL_FROM})
    counts = collections.Counter(of.get(address, (PROGRAM, "")) for address in sample)
    return [(name, file, number) for (name, file), number in counts.most_common()]


def main(config, row):
    """The command."""
    if config.accel != "tcg":
        raise Refusal("make bench-where counts instructions, which needs ACCEL=tcg.")
    if not row:
        raise Refusal('ROW= is missing: make bench-where ROW="anonymous write fault"')
    path, errors = compile_program(config, source_of(row))
    if errors:
        raise Refusal(f"{path} does not compile: {errors}")
    log = config.path("log", "bench-where.trace")
    if os.path.exists(log):
        os.remove(log)  # QEMU appends to what is there
    figures = Watched(config.with_(cpus=1, icount="shift=0,sleep=off"), path, row).trace(path, log)
    if not isinstance(figures.get(row), int):
        raise Refusal(f'ROW="{row}" has no figure: {figures.get(row, "its program ended before it")}.')
    taken = samples(log, time_readings(path))
    os.remove(log)  # half a gigabyte, where a row prepares much between its samples
    if not taken:
        raise Refusal("no sample was traced")
    sample = sorted(taken, key=len)[len(taken) // 2]
    operations = max(1, round(len(sample) / figures[row]))
    rows = [(f"{number / operations:.4g}", name, file) for name, file, number in count(config.path("product", "faultline.elf"), sample)]
    say(table(rows, ("instructions", "function", "")))
    say(f"# {len(sample) / operations:.5g} instructions an operation in this sample; the row's median is {figures[row]}")
    return 0
