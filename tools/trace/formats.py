"""An event's format text, as the kernel wrote it into the trace: which field lies where, and how it is printed."""

import re
import struct

FIELD = re.compile(r"^\tfield:(?P<type>.*?)\s*\b(?P<name>\w+)(?:\[\w*\])?;\toffset:(?P<at>\d+);\tsize:(?P<size>\d+);"
                   r"\tsigned:(?P<signed>\d);", re.MULTILINE)
CONVERSION = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?(?P<kind>pS|[a-zA-Z]))")
TABLE = re.compile(r"__print_(?P<how>symbolic|flags)\(REC->(?P<field>\w+),(?P<rest>.*)")
ENTRY = re.compile(r"\{\s*(0x[0-9a-fA-F]+|\d+),\s*\\?\"([^\"\\]*)\\?\"\s*\}")
CODES = {(1, 0): "B", (1, 1): "b", (2, 0): "H", (2, 1): "h", (4, 0): "I", (4, 1): "i", (8, 0): "Q", (8, 1): "q"}
COMMON = 8  # bytes of the fields that every event begins with; the last four are the pid


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


class EventKind:
    """One kind of event: its fields behind the common ones, in their order.

    `names` are the fields; a decoded event's `values` stand in the same order. `how[field]` says how people want to see
    it: "hex", "symbol", "text", "number", a dict {value: name}, or a list [(bit, name)].
    """

    def __init__(self, system, text):
        self.system = system
        name, number = re.search(r"^name: (\w+)$", text, re.MULTILINE), re.search(r"^ID: (\d+)$", text, re.MULTILINE)
        if not name or not number:
            raise FormatError("an event's format has no name or no ID")
        self.name, self.id = name[1], int(number[1])
        fields = [f for f in FIELD.finditer(text) if not f["name"].startswith("common_")]
        self.names = [f["name"] for f in fields]
        self.struct, self.strings, self.texts = self._layout(fields)
        self.how = self._printing(text, fields)

    def _layout(self, fields):
        code, at, strings, texts = "<", COMMON, [], []
        for place, field in enumerate(fields):
            start, size = int(field["at"]), int(field["size"])
            if start < at:
                raise FormatError(f"the fields of event {self.name} overlap")
            code += f"{start - at}x" if start > at else ""
            if field["type"].startswith("__data_loc"):
                strings.append(place)
                code += "I"
            elif field["type"].startswith("char"):
                texts.append(place)
                code += f"{size}s"
            elif (size, int(field["signed"])) in CODES:
                code += CODES[size, int(field["signed"])]
            else:
                raise FormatError(f"field {field['name']} of event {self.name} has {size} bytes")
            at = start + size
        return struct.Struct(code), strings, texts

    def _printing(self, text, fields):
        how = {name: "text" if place in self.strings or place in self.texts else "number"
               for place, name in enumerate(self.names)}
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

    def at(self, field):
        """The place of a field in an event's values."""
        return self.names.index(field)

    def decode(self, record, cache):
        """The values of one record (common fields included); `cache` keeps each text once. None: too short."""
        if len(record) < COMMON + self.struct.size:
            return None
        values = self.struct.unpack_from(record, COMMON)
        if not self.strings and not self.texts:
            return values
        values = list(values)
        for place in self.texts:
            values[place] = known_text(values[place], cache)
        for place in self.strings:
            start, length = values[place] & 0xFFFF, values[place] >> 16
            values[place] = known_text(record[start : start + length], cache)
        return tuple(values)


def known_text(raw, cache):
    """The text in a NUL-padded field."""
    text = cache.get(raw)
    if text is None:
        text = cache[raw] = raw.split(b"\0", 1)[0].decode("ascii", "replace")
    return text
