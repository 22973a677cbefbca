"""Reads a trace.dat (version 6) of Faultline: event formats, symbols, tasks, and the events in the order of time.

    trace = open_trace("build/trace.dat")
    for event in trace.events():
        event.event, event.ns, event.cpu, event.task, event.lock_addr ...
"""

import bisect
import re
import struct
from operator import itemgetter

from tools.trace import TraceError
from tools.trace.formats import Format, FormatError
from tools.trace.pages import DATA_MAX, LOST, LOST_COUNTED, PAGE_DATA, PAGE_HEADER, TIME_EXTEND
from tools.trace.tracedat import LONG_SIZE, OPTION_TSC2NSEC, OPTION_UNAME, PAGE_SIZE

MAGIC = b"\x17\x08\x44tracing"
KERNEL = "Faultline"
MAX_CPUS = 64
TSC2NSEC = struct.Struct("<iiQ")
COUNT = struct.Struct("<Q")


class Cursor:
    """A file's bytes, read front to back; its end is where it may not be."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        """The next `size` bytes."""
        if size > len(self.data) - self.at:
            raise TraceError("the file is cut off in its header")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        """The next number, of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def sized(self, size):
        """A length of `size` bytes and as many bytes."""
        return self.take(self.number(size))

    def text(self):
        """A text up to its NUL."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise TraceError("the file is cut off in its header")
        return self.take(end + 1 - self.at)[:-1].decode("ascii", "replace")

    def expect(self, mark):
        """A section's name, which must come now."""
        if self.take(len(mark)) != mark:
            raise TraceError(f"the file is damaged: {mark.decode().strip(' ' + chr(0))} is not where it belongs")


class Trace:
    """What a trace file says. Times are nanoseconds since its first event."""

    def __init__(self, data):
        self.data = data
        cursor = Cursor(data)
        self._read_begin(cursor)
        self._read_formats(cursor)
        self._read_names(cursor)
        self.cpus = cursor.number(4)
        if not 1 <= self.cpus <= MAX_CPUS:
            raise TraceError(f"the file is damaged: it says it has {self.cpus} CPUs")
        self._read_options(cursor)
        self._read_places(cursor)
        self.lost = [0] * self.cpus     # events that were overwritten before the file was made; known after events()
        self.damaged = 0                # pages whose end could not be read; known after events()

    def _read_begin(self, cursor):
        if self.data[: len(MAGIC)] != MAGIC:
            raise TraceError("this is no trace.dat file")
        cursor.take(len(MAGIC))
        version = cursor.text()
        if version != "6":
            raise TraceError(f"this is a trace.dat of version {version[:8]}; this tool reads version 6")
        if cursor.take(2) != bytes([0, LONG_SIZE]) or cursor.number(4) != PAGE_SIZE:
            raise TraceError("this is the trace of a machine of another kind")
        for section in (b"header_page\0", b"header_event\0"):
            cursor.expect(section)
            cursor.sized(8)

    def _read_formats(self, cursor):
        for _ in range(cursor.number(4)):
            cursor.sized(8)
        self.formats = {}
        for _ in range(cursor.number(4)):
            system = cursor.text()
            for _ in range(cursor.number(4)):
                try:
                    one = Format(system, cursor.sized(8).decode("ascii", "replace"))
                except FormatError as error:
                    raise TraceError(f"the file is damaged: {error}") from None
                self.formats[one.id] = one

    def _read_names(self, cursor):
        lines = [line.split() for line in cursor.sized(4).decode("ascii", "replace").splitlines()]
        try:
            self.symbols = sorted((int(line[0], 16), line[2]) for line in lines)
        except (IndexError, ValueError):
            raise TraceError("the file is damaged: its list of symbols is none") from None
        self._addresses = [address for address, _ in self.symbols]
        printk = re.findall(r'^\s*0x([0-9a-f]+) : "(.*)"$', cursor.sized(4).decode("ascii", "replace"), re.MULTILINE)
        self.strings = {int(address, 16): text for address, text in printk}
        tasks = re.findall(r"^(\d+) (.*)$", cursor.sized(8).decode("ascii", "replace"), re.MULTILINE)
        self.tasks = {int(pid): comm for pid, comm in tasks}
        self.tasks[0] = "<idle>"
        self._texts = {}

    def _read_options(self, cursor):
        self.kernel, self.mult, self.shift = "", 1, 0
        cursor.expect(b"options  \0")
        while kind := cursor.number(2):
            data = cursor.sized(4)
            if kind == OPTION_UNAME:
                self.kernel = data.rstrip(b"\0").decode("ascii", "replace")
            elif kind == OPTION_TSC2NSEC and len(data) == TSC2NSEC.size:
                self.mult, self.shift, _ = TSC2NSEC.unpack(data)
        if not self.kernel.startswith(KERNEL):
            raise TraceError(f"this is a trace of {self.kernel or 'a kernel without a name'}, not of {KERNEL}")
        if self.mult <= 0 or not 0 <= self.shift < 64:
            raise TraceError("the file is damaged: its clock makes no sense")

    def _read_places(self, cursor):
        cursor.expect(b"flyrecord\0")
        self.places_at = cursor.at
        self.places = [(cursor.number(8), cursor.number(8)) for _ in range(self.cpus)]
        for cpu, (at, size) in enumerate(self.places):
            if size % PAGE_SIZE or at + size > len(self.data):
                raise TraceError(f"the file is cut off or damaged: the events of CPU {cpu} are not all there")
        stamps = [COUNT.unpack_from(self.data, at)[0] for at, size in self.places if size]
        self.origin = min(stamps, default=0)  # cycles at the first event

    def task(self, pid):
        """`name-pid`, as trace-cmd writes it; pid -1 is nobody in particular."""
        return f"{self.tasks.get(pid, '<...>')}-{pid}" if pid >= 0 else "?"

    def symbol(self, address):
        """`function+0x12` for an address in the kernel's image, else the address."""
        place = bisect.bisect_right(self._addresses, address) - 1
        if not 0 <= place < len(self._addresses) - 1:  # the last symbol is the image's end
            return f"{address:#010x}"
        start, name = self.symbols[place]
        return f"{name}+{address - start:#x}" if address != start else name

    def seconds(self, ns):
        """The time that trace-cmd prints for it."""
        return self.absolute(ns) / 1e9

    def absolute(self, ns):
        """The same in nanoseconds since the machine's clock began."""
        return (self.origin * self.mult >> self.shift) + ns

    def events(self):
        """Every event, in the order of time; events of one moment in the order of their CPUs."""
        found = []
        self.lost, self.damaged = [0] * self.cpus, 0
        for cpu, (start, size) in enumerate(self.places):
            for at in range(start, start + size, PAGE_SIZE):
                self._read_page(cpu, self.data[at : at + PAGE_SIZE], found)
        found.sort(key=itemgetter(0))
        return found

    def _read_page(self, cpu, page, found):
        """Appends the events of one page, up to the first that makes no sense."""
        cycles, commit = PAGE_HEADER.unpack_from(page)
        end = min(commit & (LOST_COUNTED - 1), PAGE_DATA) + PAGE_HEADER.size
        if commit & LOST:
            counted = commit & LOST_COUNTED and end + COUNT.size <= PAGE_SIZE
            self.lost[cpu] += COUNT.unpack_from(page, end)[0] if counted else 1
        at, formats, cache, strings = PAGE_HEADER.size, self.formats, self._texts, self.strings
        mult, shift = self.mult, self.shift
        cycles -= self.origin
        while at + 4 <= end:
            head = int.from_bytes(page[at : at + 4], "little")
            words = head & 31
            cycles += head >> 5
            at += 4
            if words == TIME_EXTEND and at + 4 <= end:
                cycles += int.from_bytes(page[at : at + 4], "little") << 27
                at += 4
                continue
            data = page[at : at + 4 * words]
            kind = formats.get(data[0] | data[1] << 8) if 1 <= words <= DATA_MAX and at + 4 * words <= end else None
            event = kind.decode(data, cycles * mult >> shift, cpu, cache, strings) if kind else None
            if event is None:
                self.damaged += 1
                return
            found.append(event)
            at += 4 * words


def open_trace(path):
    """The file as a Trace; a TraceError with one sentence when it is none, or damaged."""
    try:
        with open(path, "rb") as file:
            return Trace(file.read())
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from None
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from None
