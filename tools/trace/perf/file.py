"""perf.data as perf 6 reads it: a header, an attribute for each kind of event, the records, the formats' texts.

linux/tools/perf/Documentation/perf.data-file-format.txt and the man page perf_event_open(2) describe what is written here.
"""

import struct

from tools.trace import TraceError
from tools.trace.tracedat import HEADER_EVENT, HEADER_PAGE, PAGE_SIZE, sized32, sized64, u32

MAGIC = b"PERFILE2"
HEADER_SIZE, ATTR_SIZE = 104, 112
TRACEPOINT = 2
# What each sample carries, in this order.
IDENTIFIER, IP, TID, TIME, CPU, PERIOD, CALLCHAIN, RAW = 1 << 16, 1, 2, 4, 128, 256, 32, 1024
SAMPLE_TYPE = IDENTIFIER | IP | TID | TIME | CPU | PERIOD | CALLCHAIN | RAW
INHERIT, WITH_MMAP, WITH_COMM, SAMPLE_ID_ALL = 1 << 1, 1 << 8, 1 << 9, 1 << 18
RECORD_MMAP, RECORD_COMM, RECORD_SAMPLE = 1, 3, 9
KERNEL_MODE = 1
CONTEXT_KERNEL = 2**64 - 128
FEATURE_TRACING_DATA, FEATURE_OSRELEASE, FEATURE_ARCH, FEATURE_NRCPUS = 1, 4, 6, 7
COMMON = (("unsigned short", "common_type", 0, 2, 0), ("unsigned char", "common_flags", 2, 1, 0),
          ("unsigned char", "common_preempt_count", 3, 1, 0), ("int", "common_pid", 4, 4, 1))
NOBODY = 0xFFFFFFFF


class Event:
    """One kind of event. `fields`: (name, kind): u32, s32, comm (char[16]) or text (__data_loc)."""

    def __init__(self, number, system, name, fields):
        self.id, self.system, self.name, self.fields = number, system, name, fields

    def format(self):
        """Its format's text, as Linux's tracing/events/SYSTEM/EVENT/format."""
        rows, at = list(COMMON), 8
        for name, kind in self.fields:
            declaration, size, signed = {"u32": ("u32 ", 4, 0), "s32": ("int ", 4, 1), "comm": ("char ", 16, 0),
                                         "text": ("__data_loc char[] ", 4, 0)}[kind]
            rows.append((declaration.rstrip(), name + ("[16]" if kind == "comm" else ""), at, size, signed))
            at += size
        lines = [f"\tfield:{kind} {name};\toffset:{start};\tsize:{size};\tsigned:{signed};\n"
                 for kind, name, start, size, signed in rows]
        lines = "".join(lines[:len(COMMON)]) + "\n" + "".join(lines[len(COMMON):])
        return f"name: {self.name}\nID: {self.id}\nformat:\n{lines}\nprint fmt: \"\"\n"

    def record(self, pid, values):
        """The bytes of one such event."""
        out, tail = struct.pack("<HBBi", self.id, 0, 0, pid), b""
        room = 8 + sum(16 if kind == "comm" else 4 for _, kind in self.fields)
        for (_, kind), value in zip(self.fields, values):
            if kind == "comm":
                out += value.encode()[:15].ljust(16, b"\0")
            elif kind == "text":
                text = value.encode() + b"\0"
                out += u32(room + len(tail) | len(text) << 16)
                tail += text + bytes(-len(text) % 4)
            else:
                out += struct.pack("<i" if kind == "s32" else "<I", value)
        return out + tail


def record(kind, misc, body):
    """One record: its header and body."""
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def padded(text):
    """A NUL-terminated text in words of 8 bytes."""
    data = text.encode() + b"\0"
    return data + bytes(-len(data) % 8)


def sample_id(pid, ns, identifier):
    """What stands behind a record that is no sample: whose, when, of which event."""
    return struct.pack("<IIQIIQ", pid, pid, ns, 0, 0, identifier)


class PerfFile:
    """Collects records; write() makes the file."""

    def __init__(self, cpus, events, first_ns):
        self.cpus, self.events, self.first_ns = cpus, events, first_ns
        self.records = []

    def kernel(self, start, end):
        """Where the kernel's code lies."""
        body = struct.pack("<IIQQQ", NOBODY, 0, start, end - start, start) + padded("[kernel.kallsyms]_text")
        self.records.append(record(RECORD_MMAP, KERNEL_MODE, body + sample_id(NOBODY, self.first_ns, self.events[0].id)))

    def task(self, pid, comm):
        """A task's name."""
        body = struct.pack("<II", pid, pid) + padded(comm[:15])
        self.records.append(record(RECORD_COMM, 0, body + sample_id(pid, self.first_ns, self.events[0].id)))

    def sample(self, event, ns, cpu, pid, values, places):
        """One event. `places`: the call chain, innermost first; empty where the trace has none."""
        try:
            self.records.append(self._sample(event, ns, cpu, pid, values, places))
        except struct.error:  # a pid below 0, a time before the machine's: no run leaves these
            raise TraceError(f"the file is damaged: {event.name} of CPU {cpu} has a value that cannot be") from None

    @staticmethod
    def _sample(event, ns, cpu, pid, values, places):
        chain = (CONTEXT_KERNEL, *places) if places else ()
        raw = event.record(pid, values)
        raw = struct.pack("<I", len(raw) + (-(len(raw) + 4)) % 8) + raw
        raw += bytes(-len(raw) % 8)
        body = struct.pack("<QQIIQIIQQ", event.id, places[0] if places else 0, pid, pid, ns, cpu, 0, 1, len(chain))
        body += struct.pack(f"<{len(chain)}Q", *chain) + raw
        return record(RECORD_SAMPLE, KERNEL_MODE, body)

    def _tracing_data(self):
        """The formats, as perf expects them: the head of an old trace.dat."""
        out = [b"\x17\x08\x44tracing0.6\0", bytes([0, 8]), u32(PAGE_SIZE)]
        out += [b"header_page\0", sized64(HEADER_PAGE), b"header_event\0", sized64(HEADER_EVENT), u32(0)]
        systems = {}
        for event in self.events:
            systems.setdefault(event.system, []).append(sized64(event.format()))
        out.append(u32(len(systems)))
        for system, formats in systems.items():
            out += [system.encode() + b"\0", u32(len(formats)), *formats]
        out += [sized32(""), sized32(""), sized64("")]  # symbols: --kallsyms; no printk formats; no saved names
        return b"".join(out)

    def _features(self, at):
        """(bits, sections and their contents, which start at `at`)."""
        def text(value):
            data = padded(value)
            return u32(len(data)) + data
        contents = {FEATURE_TRACING_DATA: self._tracing_data(), FEATURE_OSRELEASE: text("6.1.0-faultline"),
                    FEATURE_ARCH: text("i686"), FEATURE_NRCPUS: struct.pack("<II", self.cpus, self.cpus)}
        sections, body, at = b"", b"", at + 16 * len(contents)
        for data in contents.values():
            sections += struct.pack("<QQ", at + len(body), len(data))
            body += data
        return sum(1 << bit for bit in contents), sections + body

    def write(self, path):
        """The file."""
        ids_at = HEADER_SIZE
        attrs_at = ids_at + 8 * len(self.events)
        data_at = attrs_at + (ATTR_SIZE + 16) * len(self.events)
        data = b"".join(self.records)
        ids = attrs = b""
        for n, event in enumerate(self.events):
            ids += struct.pack("<Q", event.id)
            flags = INHERIT | WITH_MMAP | WITH_COMM | SAMPLE_ID_ALL
            attr = struct.pack("<IIQQQQQ", TRACEPOINT, ATTR_SIZE, event.id, 1, SAMPLE_TYPE, 0, flags).ljust(ATTR_SIZE, b"\0")
            attrs += attr + struct.pack("<QQ", ids_at + 8 * n, 8)
        bits, features = self._features(data_at + len(data))
        header = MAGIC + struct.pack("<QQQQQQQQ", HEADER_SIZE, ATTR_SIZE + 16, attrs_at, len(attrs), data_at, len(data), 0, 0)
        header += struct.pack("<QQQQ", bits, 0, 0, 0)
        with open(path, "wb") as out:
            out.write(header + ids + attrs + data + features)
