"""Reads the line rows out of a linked 32-bit ELF file: DWARF 5 section 6.2 and its versions 2 to 4.

Own code, because the binutils listing of the same rows shortens file names and takes longer to print and parse
than the image takes to link.
"""

import os
import struct

DW_FORM_DATA2, DW_FORM_DATA4, DW_FORM_DATA8 = 0x05, 0x06, 0x07
DW_FORM_STRING, DW_FORM_BLOCK, DW_FORM_DATA1 = 0x08, 0x09, 0x0B
DW_FORM_STRP, DW_FORM_UDATA, DW_FORM_DATA16, DW_FORM_LINE_STRP = 0x0E, 0x0F, 0x1E, 0x1F
DW_LNCT_PATH, DW_LNCT_DIRECTORY_INDEX = 1, 2


def read_sections(elf):
    """The named sections of an ELF32 little-endian file, as {name: bytes}."""
    if elf[:6] != b"\x7fELF\x01\x01":
        raise ValueError("not a 32-bit little-endian ELF file")
    table, = struct.unpack_from("<I", elf, 32)
    entry_size, count, names_index = struct.unpack_from("<HHH", elf, 46)
    headers = [struct.unpack_from("<10I", elf, table + i * entry_size) for i in range(count)]
    names_at = headers[names_index][4]
    sections = {}
    for header in headers:
        start = names_at + header[0]
        name = elf[start : elf.index(b"\0", start)].decode()
        sections[name] = elf[header[4] : header[4] + header[5]] if header[1] != 8 else b""
    return sections


class Reader:
    """A cursor over bytes."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, fmt):
        value, = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return value

    def uleb(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sleb(self):
        start = self.at
        value = self.uleb()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def string(self):
        end = self.data.index(b"\0", self.at)
        text = self.data[self.at : end].decode(errors="replace")
        self.at = end + 1
        return text


class Unit:
    """The header of one unit's line program: its file table and the parameters of its opcodes."""

    def __init__(self, reader, sections):
        self.sections = sections
        length = reader.take("I")
        self.end = reader.at + length
        self.version = reader.take("H")
        if self.version >= 5:
            reader.at += 2  # address size, segment selector size
        header_length = reader.take("I")
        self.program = reader.at + header_length
        self.min_instruction = reader.take("B")
        if self.version >= 4:
            reader.at += 1  # operations per instruction: 1 on x86
        reader.at += 1  # default_is_stmt
        self.line_base = reader.take("b")
        self.line_range = reader.take("B")
        self.opcode_base = reader.take("B")
        self.operands = [0] + [reader.take("B") for _ in range(self.opcode_base - 1)]
        self.files = self.read_files5(reader) if self.version >= 5 else self.read_files2(reader)

    def form(self, reader, form):
        if form == DW_FORM_STRING:
            return reader.string()
        if form in (DW_FORM_LINE_STRP, DW_FORM_STRP):
            name = ".debug_line_str" if form == DW_FORM_LINE_STRP else ".debug_str"
            return Reader(self.sections[name], reader.take("I")).string()
        if form == DW_FORM_UDATA:
            return reader.uleb()
        if form == DW_FORM_BLOCK:
            reader.at += reader.uleb()
            return None
        if form == DW_FORM_DATA16:
            reader.at += 16
            return None
        fixed = {DW_FORM_DATA1: "B", DW_FORM_DATA2: "H", DW_FORM_DATA4: "I", DW_FORM_DATA8: "Q"}
        if form not in fixed:
            raise ValueError(f"the line table uses form {form:#x}, which this reader does not know")
        return reader.take(fixed[form])

    def read_entries5(self, reader):
        formats = [(reader.uleb(), reader.uleb()) for _ in range(reader.take("B"))]
        entries = []
        for _ in range(reader.uleb()):
            entries.append({content: self.form(reader, form) for content, form in formats})
        return entries

    def read_files5(self, reader):
        directories = [entry[DW_LNCT_PATH] for entry in self.read_entries5(reader)]
        home = directories[0]
        files = []
        for entry in self.read_entries5(reader):
            folder = directories[entry.get(DW_LNCT_DIRECTORY_INDEX, 0)]
            files.append(tidy(os.path.join(home, folder, entry[DW_LNCT_PATH]), home))
        return files

    def read_files2(self, reader):
        directories = [""]
        while text := reader.string():
            directories.append(text)
        files = [""]  # numbered from 1
        while text := reader.string():
            folder = directories[reader.uleb()]
            reader.uleb()  # time
            reader.uleb()  # size
            files.append(tidy(os.path.join(folder, text), os.getcwd()))
        return files


def tidy(path, home):
    """The path as people say it: from the root of the tree where it is inside."""
    path = os.path.normpath(path)
    return os.path.relpath(path, home) if path.startswith(home + os.sep) else path


def run_program(unit, reader, rows):
    """Appends (address, file, line) per row; file None ends a sequence."""
    address, file, line = 0, 1, 1
    add_pc = (255 - unit.opcode_base) // unit.line_range * unit.min_instruction
    while reader.at < unit.end:
        opcode = reader.take("B")
        if opcode >= unit.opcode_base:
            step = opcode - unit.opcode_base
            address += step // unit.line_range * unit.min_instruction
            line += unit.line_base + step % unit.line_range
            rows.append((address, unit.files[file], line))
        elif opcode == 0:
            length = reader.uleb()
            after = reader.at + length
            extended = reader.take("B")
            if extended == 1:
                rows.append((address, None, 0))
                address, file, line = 0, 1, 1
            elif extended == 2:
                address = reader.take("I")
            reader.at = after
        elif opcode == 1:
            rows.append((address, unit.files[file], line))
        elif opcode == 2:
            address += reader.uleb() * unit.min_instruction
        elif opcode == 3:
            line += reader.sleb()
        elif opcode == 4:
            file = reader.uleb()
        elif opcode == 8:
            address += add_pc
        elif opcode == 9:
            address += reader.take("H")
        else:
            for _ in range(unit.operands[opcode]):
                reader.uleb()


def read_rows(elf):
    """All rows of the image, sorted by address; at one address an end comes before a beginning."""
    sections = read_sections(elf)
    data = sections.get(".debug_line", b"")
    rows = []
    at = 0
    while at < len(data):
        reader = Reader(data, at)
        unit = Unit(reader, sections)
        reader.at = unit.program
        run_program(unit, reader, rows)
        at = unit.end
    rows.sort(key=lambda row: (row[0], row[1] is not None))
    return rows
