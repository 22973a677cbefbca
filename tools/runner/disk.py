"""The scratch disks of the test machine (tests/machine/scratch_disk.h reads what is written here).

`scratch`: a header, a pattern that each word's place decides, then room to write in; one sector of it cannot be read.
`foreign`: somebody else's few sectors, read only. Sparse files in the machine's own folder, gone with it.
"""

import json
import os
import struct

SECTOR = 512
MAGIC = b"Faultline's scratch disk: yours to write on\n"
SECTORS = 131072         # 64 MiB
PATTERN_SECTORS = 16384  # the header's sector and what follows it
BAD_SECTOR = 100000
FOREIGN = b"Not a disk that Faultline made.\n" * 83  # 2656 bytes: its last sector is cut short
WORDS = SECTOR // 4


def pattern(sector):
    """A sector's contents: its number, then words by their place in the sector and by its number."""
    at = (sector + 1) % WORDS
    return struct.pack("<I", sector) + TABLE[at * 4:at * 4 + SECTOR - 4]


# Twice, so that every turn of it is one slice.
TABLE = b"".join(struct.pack("<I", (word * 2654435761) & 0xFFFFFFFF) for word in range(WORDS)) * 2


def header():
    """Sector 0."""
    text = MAGIC.ljust(64, b"\0") + struct.pack("<III", SECTORS, PATTERN_SECTORS, BAD_SECTOR)
    return text.ljust(SECTOR, b"\0")


def write_images(folder):
    """Makes both; returns their paths."""
    scratch, foreign = os.path.join(folder, "scratch"), os.path.join(folder, "foreign")
    with open(scratch, "wb") as file:
        file.write(header() + b"".join(map(pattern, range(1, PATTERN_SECTORS))))
        file.truncate(SECTORS * SECTOR)
    with open(foreign, "wb") as file:
        file.write(FOREIGN)
    return scratch, foreign


def qemu_arguments(folder):
    """QEMU's arguments for both, and the files behind them."""
    scratch, foreign = write_images(folder)
    bad = {"event": "none", "iotype": "read", "errno": 5, "sector": BAD_SECTOR}
    drives = [
        {"driver": "raw", "node-name": "scratch",
         "file": {"driver": "blkdebug", "inject-error": [bad], "image": {"driver": "file", "filename": scratch}}},
        {"driver": "raw", "node-name": "foreign", "read-only": True,
         "file": {"driver": "file", "filename": foreign, "read-only": True}},
    ]
    args = []
    for drive in drives:
        # Without ioeventfd the device looks at its queue when it is told, and never by itself: tests hold it so.
        args += ["-blockdev", json.dumps(drive), "-device", f"virtio-blk-pci,drive={drive['node-name']},ioeventfd=off"]
    return args
