"""An event's format text, as the kernel wrote it into the trace: which field lies where, and how it is printed."""

import re
import struct
from collections import namedtuple

FIELD = re.compile(r"^\tfield:(?P<type>.*?)\s*\b(?P<name>[A-Za-z]\w*)(?:\[\w*\])?;\toffset:(?P<at>\d+);\tsize:(?P<size>\d+);"
                   r"\tsigned:(?P<signed>\d);", re.MULTILINE)
CONVERSION = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?(?P<kind>pS|[a-zA-Z]))")
TABLE = re.compile(r"__print_(?P<how>symbolic|flags)\(REC->(?P<field>\w+),(?P<rest>.*)")
ENTRY = re.compile(r"\{\s*(0x[0-9a-fA-F]+|0|[1-9]\d*),\s*\"([^\"]*)\"\s*\}")
CODES = {(1, 0): "B", (1, 1): "b", (2, 0): "H", (2, 1): "h", (4, 0): "I", (4, 1): "i", (8, 0): "Q", (8, 1): "q"}
WORD = struct.Struct("<I")
COMMON = ("ns", "cpu", "task", "context")  # what every event has before its own fields
COMMON_BYTES = 8                          # in the record: type, flags, preemption count, pid
# What the tools look at. A trace whose events have not got it is damaged, or another kernel's.
WANTED = {
    "sched_switch": "prev_comm prev_pid prev_state next_comm next_pid", "sched_waking": "comm pid target_cpu", "sched_wakeup": "comm pid target_cpu",
    "contention_begin": "lock_addr flags", "contention_end": "lock_addr ret",
    "lock_acquire": "flags name lockdep_addr", "lock_contended": "name lockdep_addr", "lock_acquired": "name lockdep_addr",
    "lock_release": "name lockdep_addr", "lock_wait": "lock_addr name flags owner_pid owner_cpu ip", "lock_held": "lock_addr name flags held ip",
    "mmap_lock_start_locking": "mm write", "mmap_lock_acquire_returned": "mm write success", "mmap_lock_released": "mm write",
    "fault_phase": "fault phase address outcome ip", "race_point": "race ip", "shootdown": "start end mask answered",
    "page_fault_user": "address ip error_code", "page_fault_kernel": "address ip error_code", "tlb_flush": "reason pages",
    "mm_page_alloc": "pfn order", "mm_page_free": "pfn order",
}
TEXTS = ("name", "comm", "prev_comm", "next_comm")  # the others of these are numbers


class FormatError(Exception):
    """What cannot be understood, as a phrase."""


def split_arguments(text):
    """`a, f(b, c), d` at its outermost commas."""
    parts, depth, start, quoted = [], 0, 0, False
    for at, char in enumerate(text):
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and char in "({":
            depth += 1
        elif not quoted and char in ")}":
            depth -= 1
        elif not quoted and char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return parts + [text[start:].strip()]


def known_text(raw, cache):
    """The text in a NUL-padded field; `cache` keeps each once."""
    text = cache.get(raw)
    if text is None:
        text = cache[raw] = raw.split(b"\0", 1)[0].decode("ascii", "replace")
    return text


class Format:
    """One kind of event: its fields, their names in `fields`.

    A decoded event is a named tuple of class `type`: ns, cpu, task (the pid of who ran), context (flags | preemption count << 8), then the fields;
    its class says `event` and `system`. `how[field]` says how people want to see it: "hex", "symbol", "text", "number", a
    dict {value: name}, or a list [(bit, name)].
    """

    def __init__(self, system, text):
        name, number = re.search(r"^name: (\w+)$", text, re.MULTILINE), re.search(r"^ID: (\d+)$", text, re.MULTILINE)
        if not name or not number:
            raise FormatError("an event's format has no name or no ID")
        self.system, self.name, self.id = system, name[1], int(number[1])
        found = [f for f in FIELD.finditer(text) if not f["name"].startswith("common_")]
        self.fields = [f["name"] for f in found]
        self._layout(found)
        self.how = self._printing(text)
        self._check_wanted()
        try:
            base = namedtuple(self.name, COMMON + tuple(self.fields))
        except ValueError as error:  # a name that is none, or twice the same
            raise FormatError(f"event {self.name[:40]}: {error}") from None
        self.type = type(self.name, (base,), {"event": self.name, "system": system, "__slots__": ()})

    def _layout(self, found):
        """`record` unpacks context, pid and the fields; `texts` says which of these are texts, and whether __data_loc."""
        code, at, self.texts, self.pointers, self.arrays = "<2xHi", COMMON_BYTES, [], [], []
        for place, field in enumerate(found, 2):
            start, size = int(field["at"]), int(field["size"])
            if start < at:
                raise FormatError(f"the fields of event {self.name} overlap")
            code += f"{start - at}x" if start > at else ""
            if field["type"].startswith(("__data_loc", "char")):
                self.texts.append((place, field["type"].startswith("__data_loc")))
            elif field["type"].endswith("*"):
                self.pointers.append(place)
            if field["type"].startswith("char"):
                code += f"{size}s"
            elif (size, int(field["signed"])) in CODES:
                code += CODES[size, int(field["signed"])]
            else:
                code += f"{size}s"
                self.arrays.append(place)
            at = start + size
        self.record = struct.Struct(code)

    def _check_wanted(self):
        for field in WANTED.get(self.name, "").split():
            if (self.how.get(field) == "text") != (field in TEXTS) or field not in self.how:
                raise FormatError(f"event {self.name} has no {'text' if field in TEXTS else 'number'} {field}")

    def _printing(self, text):
        texts = {place for place, _ in self.texts} | {*self.pointers, *self.arrays}
        how = {name: "text" if place in texts else "number" for place, name in enumerate(self.fields, 2)}
        _, _, line = text.partition("print fmt: ")
        pattern, *arguments = split_arguments(line.strip().split("\n")[0])
        kinds = [m["kind"] for m in CONVERSION.finditer(pattern) if m["kind"]]
        for kind, argument in zip(kinds, arguments):
            field = re.match(r"REC->(\w+)$", argument)
            table = TABLE.search(argument)
            if table and table["field"] in how:
                pairs = [(int(value, 0), label) for value, label in ENTRY.findall(table["rest"])]
                how[table["field"]] = dict(pairs) if table["how"] == "symbolic" else pairs
            elif field and field[1] in how and kind in ("x", "p", "pS"):
                how[field[1]] = "symbol" if kind == "pS" else "hex"
        return how

    def decode(self, data, ns, cpu, cache, strings):
        """The event in one record, or None when the record is too short. `strings`: texts that fields point to."""
        if len(data) < self.record.size:
            return None
        values = self.record.unpack_from(data)
        if self.texts or self.pointers or self.arrays:
            values = list(values)
            for place in self.arrays:
                values[place] = " ".join(f"{word:#x}" for (word,) in WORD.iter_unpack(values[place][: len(values[place]) & ~3]))
            for place, dynamic in self.texts:
                raw = values[place]
                values[place] = known_text(data[raw & 0xFFFF : (raw & 0xFFFF) + (raw >> 16)] if dynamic else raw, cache)
            for place in self.pointers:
                values[place] = strings.get(values[place], f"{values[place]:#x}")
        return self.type(ns, cpu, values[1], values[0], *values[2:])
