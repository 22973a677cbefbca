"""The trace region in memory. Every offset here is diag/trace_layout.h's, whose static_asserts name this file."""

import struct
from dataclasses import dataclass

from tools.trace import TraceError

MAGIC = b"FLTRACE\0"
VERSION = 1
HEADER = struct.Struct("<8s4I2Q9I")
RING = struct.Struct("<8IQ24x")
TASK = struct.Struct("<i16s")
TASK_SLOTS = 256
MAX_CPUS = 64


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
         self.names_at, self.names_bytes, self.tasks_at, self.rings_at) = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise TraceError("there is no trace region at that address: its magic is missing")
        if version != VERSION:
            raise TraceError(f"the trace region has version {version}; this tool knows version {VERSION}")
        if size > len(data):
            raise TraceError(f"the trace region says {size} bytes; the memory has {len(data)} there")
        if not 1 <= self.cpus <= MAX_CPUS or self.page_size != 4096 or self.cycles_per_second == 0:
            raise TraceError("the trace region's header is damaged")

    def part(self, at, size):
        """Bytes of the region."""
        if at + size > len(self.data):
            raise TraceError("the trace region's header is damaged: a table lies outside the region")
        return self.data[at : at + size]

    def formats(self):
        """{system: [format text]} in the order of the table."""
        systems = {}
        for text in self.part(self.formats_at, self.formats_bytes).split(b"\0"):
            if text:
                system, _, body = text.decode().partition("\n")
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
            name = names[place : names.index(b"\0", place)].decode()
            if name != "?":  # the end of the last symbol
                lines.append(f"{address:016x} T {name}\n")
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
                raise TraceError(f"the ring of cpu {cpu} is damaged: it has no pages")
            rings.append(Ring(pages_at, pages, events_at, begun, overwritten, dropped))
        return rings


def read_region(path, at, size=None):
    """Copies the region out of a RAM file. File offset is physical address: rings lie below every memory hole."""
    try:
        with open(path, "rb") as ram:
            ram.seek(at)
            head = ram.read(HEADER.size)
            if len(head) == HEADER.size and head.startswith(MAGIC):
                size = HEADER.unpack(head)[2]
            ram.seek(at)
            return Region(ram.read(size or HEADER.size))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
