"""The trace region in memory. Every offset here is diag/trace_layout.h's, whose static_asserts name this file."""

import os
import struct
from dataclasses import dataclass

from tools.trace import TraceError

MAGIC = b"FLTRACE\0"
VERSION = 2
HEADER = struct.Struct("<8s4I2Q14I")
DAMAGED = "the trace region is damaged: "
COUNT = struct.Struct("<I")
RING = struct.Struct("<8IQ24x")
TASK = struct.Struct("<i16s")
TASK_SLOTS = 256
MAX_CPUS = 64
MAX_COUNTERS = 1024
CLOCK_RATES = range(10**6, 10**11)  # cycles a second


@dataclass
class Ring:
    """One CPU's ring. Page number n (counted from the start of tracing) lies at n modulo `pages`."""

    pages_at: int
    pages: int
    events_at: int
    begun: int
    overwritten: int
    dropped: int


class Region:
    """A copy of the region's bytes and what its tables say. The guest may go on writing; the copy does not change."""

    def __init__(self, data):
        self.data = data
        if len(data) < HEADER.size:
            raise TraceError("the memory ends before the trace region's header does")
        (magic, version, size, self.cpus, self.page_size, self.cycles_per_second, self.first_cycles,
         self.formats_at, self.formats_bytes, self.symbols, self.symbol_address_at, self.symbol_name_at,
         self.names_at, self.names_bytes, self.tasks_at, self.rings_at, self.counters_at, self.counters_stride,
         self.counters_n, self.counter_names_at, self.counter_names_bytes) = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise TraceError("there is no trace region at that address: its magic is missing")
        if version != VERSION:
            raise TraceError(f"the trace region has version {version}; this tool knows version {VERSION}")
        if size > len(data):
            raise TraceError(f"the trace region says {size} bytes; the memory has {len(data)} there")
        if not 1 <= self.cpus <= MAX_CPUS or self.page_size != 4096 or self.counters_n > MAX_COUNTERS:
            raise TraceError(DAMAGED + "its header makes no sense")
        if self.cycles_per_second not in CLOCK_RATES:
            raise TraceError(DAMAGED + f"a clock of {self.cycles_per_second} cycles a second")

    def part(self, at, size):
        """Bytes of the region."""
        if at + size > len(self.data):
            raise TraceError(DAMAGED + "a table lies outside it")
        return self.data[at : at + size]

    @staticmethod
    def text(raw):
        """A name or format as the kernel wrote it."""
        if not raw.isascii():
            raise TraceError(DAMAGED + "a text in it is no text")
        return raw.decode("ascii")

    def formats(self):
        """{system: [format text]} in the order of the table."""
        systems = {}
        for text in self.part(self.formats_at, self.formats_bytes).split(b"\0"):
            if text:
                system, _, body = self.text(text).partition("\n")
                systems.setdefault(system, []).append(body)
        return systems

    def kallsyms(self):
        """The image's symbols as /proc/kallsyms prints them."""
        n = self.symbols
        addresses = struct.unpack(f"<{n}I", self.part(self.symbol_address_at, 4 * n))
        name_places = struct.unpack(f"<{n}I", self.part(self.symbol_name_at, 4 * n))
        names = self.part(self.names_at, self.names_bytes)
        lines = []
        for address, place in zip(addresses, name_places):
            name = self.text(names[place:].split(b"\0", 1)[0] if place < len(names) else b"")
            # The last entry is the end of the last symbol; what lies beyond it is printed as a number.
            lines.append(f"{address:016x} T {name if name != '?' else '_end'}\n")
        return "".join(lines)

    def tasks(self):
        """{pid: name}; where CPUs differ, any."""
        found = {}
        table = self.part(self.tasks_at, TASK.size * TASK_SLOTS * self.cpus)
        for pid, comm in TASK.iter_unpack(table):
            if comm[0]:
                found[pid] = comm.split(b"\0")[0].decode(errors="replace")
        return found

    def rings(self):
        """One Ring per CPU."""
        rings = []
        for cpu in range(self.cpus):
            pages_at, pages, events_at, begun, overwritten, dropped, *_ = RING.unpack(
                self.part(self.rings_at + cpu * RING.size, RING.size))
            if pages == 0:
                raise TraceError(DAMAGED + f"the ring of CPU {cpu} has no pages")
            self.part(pages_at, pages * self.page_size)
            rings.append(Ring(pages_at, pages, events_at, begun, overwritten, dropped))
        return rings


def read_at(path, at, size):
    """`size` bytes of a RAM file, or as many as there are. File offset is physical address: what we read lies below
    every memory hole."""
    try:
        with open(path, "rb") as ram:
            there = os.fstat(ram.fileno()).st_size
            ram.seek(min(at, there))
            return ram.read(min(size, max(there - at, 0)))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error


def read_region(path, at, size=None):
    """Copies the region out of a RAM file."""
    head = read_at(path, at, HEADER.size)
    if len(head) == HEADER.size and head.startswith(MAGIC):
        size = HEADER.unpack(head)[2]
    return Region(read_at(path, at, max(size or 0, HEADER.size)))


def read_counters(path, region):
    """{name: how far the counter went since tracing began}, as the kernel's own memory has them now."""
    n = region.counters_n
    names = region.part(region.counter_names_at, region.counter_names_bytes).split(b"\0")[:n]
    totals = [-first for first, in COUNT.iter_unpack(region.part(HEADER.size, COUNT.size * n))]
    for cpu in range(region.cpus):
        row = read_at(path, region.counters_at + cpu * region.counters_stride, COUNT.size * n)
        if len(row) < COUNT.size * n:
            raise TraceError(DAMAGED + "the counters lie outside the memory")
        totals = [total + here for total, (here,) in zip(totals, COUNT.iter_unpack(row))]
    return {region.text(name): total % 2**32 for name, total in zip(names, totals)}
