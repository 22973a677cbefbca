"""Reads a trace.dat (version 6) of Faultline: event formats, symbols, tasks, and the events in the order of time."""

import bisect
import struct
from typing import NamedTuple

from tools.trace import TraceError
from tools.trace.formats import EventKind, FormatError
from tools.trace.pages import DATA_MAX, LOST, LOST_COUNTED, PAGE_DATA, PAGE_HEADER, TIME_EXTEND
from tools.trace.tracedat import OPTION_TSC2NSEC, OPTION_UNAME, PAGE_SIZE

MAGIC = b"\x17\x08\x44tracing"
KERNEL = "Faultline"
SYMBOL_REACH = 1 << 20  # an address further behind a symbol than this belongs to none
MAX_CPUS = 64
COMMON_FIELDS = struct.Struct("<HBBi")


class Event(NamedTuple):
    """One event. `values` stand in the order of `kind.names`. `ns` is the time that trace-cmd prints."""

    ns: int
    cpu: int
    pid: int
    kind: EventKind
    values: tuple


class Bytes:
    """A file's bytes, read front to back; its end is where it may not be."""

    def __init__(self, data, path):
        self.data, self.path, self.at = data, path, 0

    def take(self, size):
        """The next `size` bytes."""
        if size > len(self.data) - self.at:
            raise TraceError(f"{self.path}: the file is cut off in its header")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, code):
        """The next number, of struct code `code`."""
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def sized(self, code):
        """A length and as many bytes."""
        return self.take(self.number(code))

    def text(self):
        """A text up to its NUL."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise TraceError(f"{self.path}: the file is cut off in its header")
        return self.take(end + 1 - self.at)[:-1].decode("ascii", "replace")

    def expect(self, mark):
        """A section's name, which must come now."""
        found = self.take(len(mark))
        if found != mark:
            raise TraceError(f"{self.path}: the file is damaged: {mark.split()[0].decode().strip(chr(0))} is not where it belongs")


class Trace:
    """A trace file: what its header says, and its pages."""

    def __init__(self, data, path="trace.dat"):
        self.path = path
        self.texts = {}
        self.damaged = 0            # pages whose end could not be read
        self.lost = 0               # events that were overwritten before the file was made
        source = Bytes(data, path)
        self._begin(source)
        self._formats(source)
        self._symbols(source.sized("I").decode("ascii", "replace"))
        source.sized("I")  # trace_printk formats: none
        self.comms = dict(self._comms(source.sized("Q").decode("ascii", "replace")))
        self.cpus = source.number("I")
        if not 1 <= self.cpus <= MAX_CPUS:
            raise TraceError(f"{path}: the file is damaged: it says it has {self.cpus} CPUs")
        self.kernel, self.mult, self.shift = "", 1, 0
        self._options(source)
        if not self.kernel.startswith(KERNEL):
            raise TraceError(f"{path}: this is a trace of {self.kernel or 'an unnamed kernel'}, not of {KERNEL}")
        self.pages = self._pages(source)

    def _begin(self, source):
        if source.data[: len(MAGIC)] != MAGIC:
            raise TraceError(f"{self.path}: this is no trace.dat file")
        source.take(len(MAGIC))
        version = source.text()
        if version != "6":
            raise TraceError(f"{self.path}: this is a trace.dat of version {version[:8]}; this tool reads version 6")
        endian, _, page_size = source.number("B"), source.number("B"), source.number("I")
        if endian != 0 or page_size != PAGE_SIZE:
            raise TraceError(f"{self.path}: this is a trace of another machine: big-endian, or pages of {page_size} bytes")
        source.expect(b"header_page\0")
        source.sized("Q")
        source.expect(b"header_event\0")
        source.sized("Q")

    def _formats(self, source):
        for _ in range(source.number("I")):
            source.sized("Q")
        self.kinds = {}
        for _ in range(source.number("I")):
            system = source.text()
            for _ in range(source.number("I")):
                try:
                    kind = EventKind(system, source.sized("Q").decode("ascii", "replace"))
                except FormatError as error:
                    raise TraceError(f"{self.path}: {error}") from None
                self.kinds[kind.id] = kind

    def _symbols(self, text):
        pairs = []
        for line in text.splitlines():
            words = line.split()
            try:
                pairs.append((int(words[0], 16), words[2]))
            except (IndexError, ValueError):
                raise TraceError(f"{self.path}: the file is damaged: a symbol's line is {line[:40]!r}") from None
        pairs.sort()
        self.symbol_addresses = [address for address, _ in pairs]
        self.symbol_names = [name for _, name in pairs]

    @staticmethod
    def _comms(text):
        for line in text.splitlines():
            pid, _, comm = line.partition(" ")
            if pid.isdigit():
                yield int(pid), comm

    def _options(self, source):
        source.expect(b"options  \0")
        while kind := source.number("H"):
            data = source.sized("I")
            if kind == OPTION_UNAME:
                self.kernel = data.rstrip(b"\0").decode("ascii", "replace")
            elif kind == OPTION_TSC2NSEC and len(data) == 16:
                self.mult, self.shift, _ = struct.unpack("<iiQ", data)
        source.expect(b"flyrecord\0")
        if self.mult <= 0 or not 0 <= self.shift < 64:
            raise TraceError(f"{self.path}: the file is damaged: its clock makes no sense")

    def _pages(self, source):
        """A list of pages per CPU."""
        pages = []
        for cpu in range(self.cpus):
            at, size = source.number("Q"), source.number("Q")
            if size % PAGE_SIZE or at + size > len(source.data):
                raise TraceError(f"{self.path}: the file is cut off or damaged: the pages of CPU {cpu} are not all there")
            pages.append([source.data[p : p + PAGE_SIZE] for p in range(at, at + size, PAGE_SIZE)])
        return pages

    def symbol(self, address):
        """`name+0x12` for an address in the kernel's code or data, else the address."""
        place = bisect.bisect_right(self.symbol_addresses, address) - 1
        if place < 0 or address - self.symbol_addresses[place] > SYMBOL_REACH or self.symbol_names[place] == "_end":
            return f"{address:#010x}"
        return f"{self.symbol_names[place]}+{address - self.symbol_addresses[place]:#x}"

    def task(self, pid):
        """`name-pid`, as trace-cmd writes it."""
        return f"{self.comms.get(pid, '<...>') if pid else '<idle>'}-{pid}"

    def events(self):
        """Every event, in the order of time; events of one moment in the order of their CPUs."""
        found = []
        for cpu, pages in enumerate(self.pages):
            for page in pages:
                self._page_events(cpu, page, found)
        found.sort(key=lambda event: event[0])
        return found

    def _page_events(self, cpu, page, found):
        """Appends the events of one page, up to the first that makes no sense."""
        cycles, commit = PAGE_HEADER.unpack_from(page)
        end = min(commit & (LOST_COUNTED - 1), PAGE_DATA) + PAGE_HEADER.size
        if commit & LOST_COUNTED and end + 8 <= PAGE_SIZE:
            self.lost += struct.unpack_from("<Q", page, end)[0]
        at, kinds, texts, mult, shift = PAGE_HEADER.size, self.kinds, self.texts, self.mult, self.shift
        while at + 4 <= end:
            head = int.from_bytes(page[at : at + 4], "little")
            words = head & 31
            cycles += head >> 5
            at += 4
            if words == TIME_EXTEND and at + 4 <= end:
                cycles += int.from_bytes(page[at : at + 4], "little") << 27
                at += 4
                continue
            record = page[at : at + 4 * words]
            kind = kinds.get(record[0] | record[1] << 8) if 2 <= words <= DATA_MAX and at + 4 * words <= end else None
            values = kind.decode(record, texts) if kind else None
            if values is None:
                self.damaged += 1
                return
            found.append(Event(cycles * mult >> shift, cpu, COMMON_FIELDS.unpack_from(record)[3], kind, values))
            at += 4 * words


def read(path):
    """The Trace in a file."""
    try:
        with open(path, "rb") as file:
            return Trace(file.read(), path)
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
