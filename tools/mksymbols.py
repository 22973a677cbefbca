#!/usr/bin/env python3
"""Writes the C file with the image's symbol table (diag/symbols_table.h says how it is laid out).

    tools/mksymbols.py --empty -o build/product/symbols0.c                     for the first link
    tools/mksymbols.py build/product/kernel1.elf -o build/product/symbols.c    for the second

The table is the image's last section, so the second link moves no address that the table names.
"""

import argparse
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dwarf_lines  # noqa: E402

BLOCK = 64  # SYMBOL_BLOCK
# A dot within a function's name: gcc's own parts of functions stay, NASM's local labels belong to their function.
GCC_PART = re.compile(r"\.(cold|part|constprop|isra|lto_priv|\d)")
IMAGE_MARK = re.compile(r"__\w+_(start|end)$|__(start|stop)_\w+$")


def read_symbols(path):
    """Named code and data, ascending, one name an address, and the end of the last one."""
    listing = subprocess.run(["nm", "-n", "-S", "--defined-only", path], capture_output=True, text=True, check=True)
    found = {}
    end = 0
    for line in listing.stdout.splitlines():
        *numbers, kind, name = line.split()
        if kind not in "tTwWdDbB" or IMAGE_MARK.match(name) or name.startswith("symbol_table"):
            continue
        if kind in "tT" and "." in name and not GCC_PART.search(name):
            continue
        address = int(numbers[0], 16)
        size = int(numbers[1], 16) if len(numbers) > 1 else 1
        if address not in found or kind.isupper():
            found[address] = name
        end = max(end, address + size)
    return sorted(found.items()), end


def thin_rows(rows):
    """Drops what a look-up cannot see: rows that change nothing, and all but the last at one address."""
    kept = []
    for address, file, line in rows:
        if file is None or line >= 65536:
            file, line = None, 0
        if kept and kept[-1][0] == address:
            kept.pop()
        if not kept or kept[-1][1:] != (file, line):
            kept.append((address, file, line))
    return kept


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return out


def pack_rows(rows, file_index):
    """The row bytes, and the blocks as (address, offset, file, line) from which each can be decoded."""
    packed = bytearray()
    blocks = []
    address = file = line = 0
    for i, (row_address, row_file, row_line) in enumerate(rows):
        if i % BLOCK == 0:
            address = row_address
            blocks.append((address, len(packed), file, line))
        packed += varint(row_address - address)
        new_file = file if row_file is None else file_index[row_file]
        if new_file != file:
            packed += varint(new_file << 1 | 1)
        step = row_line - line
        zigzag = step << 1 if step >= 0 else (-step << 1) - 1
        packed += varint(zigzag << 1)
        address, file, line = row_address, new_file, row_line
    return bytes(packed), blocks


class Names:
    """One blob of NUL-terminated names; each stands in it once."""

    def __init__(self):
        self.blob = bytearray()
        self.at = {}

    def add(self, text):
        if text not in self.at:
            self.at[text] = len(self.blob)
            self.blob += text.encode() + b"\0"
        return self.at[text]


def c_words(name, values):
    lines = [", ".join(f"{v:#x}" for v in values[i : i + 16]) for i in range(0, len(values), 16)] or ["0"]
    return f'static const u32 {name}[] in_section(".symbols") = {{\n' + ",\n".join(lines) + "};\n"


def c_bytes(name, data):
    """As words: gcc reads them several times faster than single bytes. The machine is little-endian."""
    data += bytes(-len(data) % 4)
    return c_words(name, [word for word, in struct.iter_unpack("<I", data)])


def write_c(symbols, end, rows):
    names = Names()
    addresses = [address for address, _ in symbols]
    name_at = [names.add(name) for _, name in symbols]
    if symbols:
        addresses.append(end)
        name_at.append(names.add("?"))
    files = sorted({file for _, file, _ in rows if file is not None})
    file_at = [names.add(file) for file in files]
    packed, blocks = pack_rows(rows, {file: i for i, file in enumerate(files)})
    block_words = []
    for address, at, file, line in blocks:
        block_words += [address, at, file | line << 16]
    return "\n".join([
        "/* Written by tools/mksymbols.py from the linked image; the build makes it anew. */",
        '#include "diag/symbols_table.h"\n',
        c_words("address", addresses),
        c_words("name_at", name_at),
        c_words("block", block_words),
        c_words("file_at", file_at),
        c_bytes("rows", packed),
        c_bytes("names", bytes(names.blob)),
        'const struct symbol_table symbol_table in_section(".symbols") = {',
        f"    .functions = {len(addresses)}, .blocks = {len(blocks)}, .row_bytes = {len(packed)},",
        f"    .name_bytes = {len(names.blob)}, .address = address, .name_at = name_at,",
        "    .block = (const struct symbol_block *)block, .file_at = file_at,",
        "    .rows = (const u8 *)rows, .names = (const char *)names,",
        "};\n",
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="the image of the first link")
    parser.add_argument("--empty", action="store_true", help="the table of the first link itself")
    parser.add_argument("-o", dest="output", required=True)
    options = parser.parse_args()
    if bool(options.image) == options.empty:
        parser.error("give either an image or --empty")
    symbols, end, rows = [], 0, []
    if options.image:
        try:
            with open(options.image, "rb") as file:
                elf = file.read()
            symbols, end = read_symbols(options.image)
            rows = thin_rows(dwarf_lines.read_rows(elf))
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            sys.exit(f"mksymbols: {options.image}: {error}")
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(write_c(symbols, end, rows))


if __name__ == "__main__":
    main()
