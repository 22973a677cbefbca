"""The trace region in memory. Every offset here is diag/trace_layout.h's, whose static_asserts name this file."""

import os
import re
import struct
from dataclasses import dataclass

from tools.trace import TraceError

MAGIC = b"FLTRACE\0"
VERSION = 3
HEADER = struct.Struct("<8s4I2Q18I")
DAMAGED = "the trace region is damaged: "
COUNT = struct.Struct("<I")
RING = struct.Struct("<5Ii8I8x")
TASK = struct.Struct("<i16s")
TASK_SLOTS = 256
EVENT_ID = re.compile(r"^ID: (\d+)$", re.MULTILINE)
POINTER = re.compile(r"field:const char \* \w+;\toffset:(\d+);")
BEGUN = 8        # the place of `begun` in a ring
TEXT_MAX = 64
MAX_CPUS = 64
MAX_COUNTERS = 1024
CLOCK_RATES = range(10**6, 10**11)  # cycles a second


@dataclass
class Ring:
    """One CPU's ring. Page number n (counted from the start of tracing) lies at n modulo `pages`.

    `fresh` reads `begun` once more: what the copy of the pages may not contain any more, when the guest goes on."""

    next_at: int
    pages_at: int
    pages: int
    first_at: int
    begun: int
    written: int
    dropped: int
    refused: int
    fresh: int


class Region:
    """A copy of the region's bytes and what its tables say. The guest may go on writing; the copy does not change."""

    def __init__(self, data, text_at=None, begun_now=None):
        """`text_at(paddr)` reads a text from the guest's memory; `begun_now(cpu)` a ring's `begun` after the copy was made."""
        self.data = data
        self._text_at, self._begun_now = text_at, begun_now
        self.other_symbols = None
        if len(data) < HEADER.size:
            raise TraceError("the memory ends before the trace region's header does")
        (magic, version, size, self.cpus, self.page_size, self.cycles_per_second, self.first_cycles,
         self.formats_at, self.formats_bytes, self.symbols, self.symbol_address_at, self.symbol_name_at,
         self.names_at, self.names_bytes, self.tasks_at, self.rings_at, self.counters_at, self.counters_stride,
         self.counters_n, self.counter_names_at, self.counter_names_bytes, self.base, self.texts_vaddr, self.texts_paddr,
         self.texts_bytes) = HEADER.unpack_from(data)
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

    def pointers(self):
        """{event id: where its record has the address of a text}"""
        found = {}
        for texts in self.formats().values():
            for text in texts:
                number, field = EVENT_ID.search(text), POINTER.search(text)
                if number and field:
                    found[int(number[1])] = int(field[1])
        return found

    def use_symbols(self, path):
        """Names from a file of lines ADDRESS TYPE NAME take the place of the region's own."""
        try:
            with open(path, encoding="ascii") as lines:
                self.other_symbols = [line.split() for line in lines]
        except OSError as error:
            raise TraceError(f"{path}: {error.strerror}") from error

    def kallsyms(self):
        """The image's symbols as /proc/kallsyms prints them."""
        if self.other_symbols:
            return "".join(f"{int(address, 16):016x} T {name}\n" for address, _, name in self.other_symbols)
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

    def text_at(self, vaddr):
        """The text that an event points to, or None."""
        return self._text_at(vaddr) if self._text_at else None

    def rings(self):
        """One Ring per CPU."""
        rings = []
        for cpu in range(self.cpus):
            (next_place, _, _, _, written, _, _, _, begun, pages_at, pages, first_at, dropped, refused) = RING.unpack(
                self.part(self.rings_at + cpu * RING.size, RING.size))
            if pages == 0:
                raise TraceError(DAMAGED + f"the ring of CPU {cpu} has no pages")
            self.part(pages_at, pages * self.page_size)
            fresh = self._begun_now(cpu) if self._begun_now else begun
            rings.append(Ring(next_place - self.base, pages_at, pages, first_at, begun, written, dropped, refused, fresh))
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
    data = read_at(path, at, max(size or 0, HEADER.size))

    def text_at(vaddr):
        place = vaddr - region.texts_vaddr
        if not 0 <= place < region.texts_bytes:
            return None
        raw = read_at(path, region.texts_paddr + place, TEXT_MAX)
        text = raw.split(b"\0", 1)[0]
        return text.decode("ascii") if len(text) < len(raw) and text.isascii() else None

    def begun_now(cpu):
        raw = read_at(path, at + region.rings_at + cpu * RING.size, RING.size)
        return RING.unpack(raw)[BEGUN] if len(raw) == RING.size else 0

    region = Region(data, text_at, begun_now)
    return region


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
