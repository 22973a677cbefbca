"""Columns of numbers as the page reads them (unpack.js): typed arrays, made small for deflate.

A column's bytes are stored in planes: all lowest bytes, then all second ones, and so on. Neighbours in a plane are alike, so
that deflate finds more. Times ascend, so their differences are stored; what needs more than 32 bits gets a second column.
"""

import array
import json
import struct
import sys
import zlib

CODES = {"u8": "B", "u16": "H", "u32": "I", "i32": "i"}
WIDE = 1 << 32


def kind_for(least, most):
    """(the narrowest kind for numbers from least to most, whether they fit)."""
    if least < 0:
        return ("i32", True) if least >= -WIDE // 2 and most < WIDE // 2 else ("u32", False)
    return next(((kind, True) for kind, limit in (("u8", 1 << 8), ("u16", 1 << 16), ("u32", WIDE)) if most < limit), ("u32", False))


class Columns:
    """Collects named columns, then packs them behind a header that says where each lies."""

    def __init__(self):
        self._directory, self._parts, self._size = {}, [], 0

    def add(self, name, values):
        """A column of numbers, as narrow as they allow; of what is wider than 32 bits, the lower half."""
        kind = kind_for(min(values, default=0), max(values, default=0))
        numbers = array.array(CODES[kind[0]], values) if kind[1] else array.array("I", [value & WIDE - 1 for value in values])
        if sys.byteorder == "big":
            numbers.byteswap()
        raw, width = numbers.tobytes(), numbers.itemsize
        self._directory[name] = [kind[0], len(numbers), self._size]
        self._parts += [raw[plane::width] for plane in range(width)] if width > 1 else [raw]
        self._size += len(raw)

    def add_lengths(self, name, values):
        """Nanoseconds of any size, not negative."""
        if max(values, default=0) < WIDE:
            self.add(name, values)
            return
        self.add(name, [value % WIDE for value in values])
        self.add(name + ".high", [value // WIDE for value in values])

    def add_times(self, name, values):
        """Nanoseconds that ascend."""
        self.add_lengths(name, [b - a for a, b in zip([0, *values], values)])
        self._directory[name].append("sum")

    def pack(self, meta):
        """Deflated: u32 length of the header, the header as JSON, the columns. `meta` goes into the header."""
        header = json.dumps({**meta, "columns": self._directory}, separators=(",", ":")).encode()
        return zlib.compress(b"".join([struct.pack("<I", len(header)), header, *self._parts]), 6)
