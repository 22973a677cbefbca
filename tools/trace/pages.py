"""The pages of one ring, oldest first, each made whole before it goes into the file.

A page is: u64 time stamp, u64 commit (bytes of data; bit 31: events were lost before this page; bit 30: their number
follows the data), then events. An event is a u32 with the type in its low 5 bits: 1-28 are the length in words,
30 a time extension of one more word; nothing else is written by diag/trace_ring.c.
"""

import struct

PAGE_HEADER = struct.Struct("<QQ")
PAGE_DATA = 4096 - PAGE_HEADER.size
LOST, LOST_COUNTED = 1 << 31, 1 << 30
TIME_EXTEND = 30
DATA_MAX = 28


def sound_length(data, commit):
    """How much of the page can be read: up to the first event that makes no sense (the writer was there just now)."""
    at = events = 0
    while at + 4 <= commit:
        kind = data[at] & 31
        if kind == TIME_EXTEND:
            size = 8
        elif 1 <= kind <= DATA_MAX:
            size = 4 + 4 * kind
        else:
            break
        if at + size > commit:
            break
        events += kind != TIME_EXTEND
        at += size
    return at, events


def with_lost(stamp, data, length, lost):
    """The page's bytes; `lost` events are missing before it."""
    commit = length
    if lost:
        commit |= LOST
        if length + 8 <= PAGE_DATA:
            commit |= LOST_COUNTED
            data = data[:length] + struct.pack("<Q", lost)
    return PAGE_HEADER.pack(stamp, commit) + data[:PAGE_DATA].ljust(PAGE_DATA, b"\0")


def ring_pages(region, ring):
    """The ring's pages in the order of time, and (events kept, events lost)."""
    first = max(0, ring.begun - ring.pages)
    lost = ring.overwritten + ring.dropped
    kept = 0
    pages = []
    last_stamp = 0
    for number in range(first, ring.begun):
        raw = region.part(ring.pages_at + number % ring.pages * region.page_size, region.page_size)
        stamp, commit = PAGE_HEADER.unpack_from(raw)
        data = raw[PAGE_HEADER.size:]
        length, events = sound_length(data, min(commit, PAGE_DATA))
        if length == 0 or stamp < last_stamp:  # just begun, or used again while the memory was copied
            continue
        last_stamp = stamp
        kept += events
        pages.append(with_lost(stamp, data, length, lost if not pages else 0))
    return pages, kept, lost
