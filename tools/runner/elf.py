"""Hand-made ELF32 executables, right and wrong (System V ABI, chapter 4; Intel386 supplement)."""

import struct

PT_LOAD, PT_INTERP = 1, 3
EM_386 = 3
BASE = 0x08048000
HEADER, SEGMENT = 52, 32
# mov eax, 1 (exit); mov ebx, 7; int 0x80
EXIT_7 = bytes.fromhex("b801000000bb07000000cd80")


def executable(machine=EM_386, at=BASE, interpreter=None, code=EXIT_7, memory_size=None):
    """A one-page program that exits with 7; the arguments spoil it."""
    segments = 2 if interpreter else 1
    start = HEADER + SEGMENT * segments
    interp = interpreter.encode() + b"\0" if interpreter else b""
    body = code + interp
    size = start + len(body)
    ident = b"\x7fELF\x01\x01\x01" + b"\0" * 9
    header = ident + struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, (at + start) & 0xFFFFFFFF, HEADER, 0, 0,
                                 HEADER, SEGMENT, segments, 40, 0, 0)
    loads = struct.pack("<8I", PT_LOAD, 0, at, at, size, memory_size or size, 5, 4096)
    if interpreter:
        place = start + len(code)
        loads = struct.pack("<8I", PT_INTERP, place, at + place, at + place, len(interp), len(interp), 4, 1) + loads
    return header + loads + body
