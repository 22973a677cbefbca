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


def sound_length(data, commit, pointers, seen):
    """(how much of the page can be read, events): up to the first event that makes no sense, in a damaged memory. Collects
    in `seen` what the fields point to that `pointers` names: {event id: place in the record}."""
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
        if kind != TIME_EXTEND:
            events += 1
            place = pointers.get(data[at + 4] | data[at + 5] << 8)
            if place:
                seen.add(data[at + 4 + place : at + 8 + place])
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


def ring_pages(region, ring, pointers, seen):
    """The ring's pages in the order of time, and (events kept, events lost).

    The guest may have gone on while its memory was copied. It counts a page as begun before it touches it, so what is
    there of page n is whole as long as no page after n + pages - 1 was begun since (`fresh`); what has been published of
    the page that was the present one lies before `next`.
    """
    present = ring.begun - 1
    pages, kept, last_stamp = [], 0, 0
    for number in range(max(0, ring.begun - ring.pages, ring.fresh - ring.pages), ring.begun):
        place = ring.pages_at + number % ring.pages * region.page_size
        raw = region.part(place, region.page_size)
        stamp, commit = PAGE_HEADER.unpack_from(raw)
        if number == present:
            commit = ring.next_at - place - PAGE_HEADER.size  # outside the page: it had just been begun
        data = raw[PAGE_HEADER.size:]
        length, events = sound_length(data, min(commit, PAGE_DATA), pointers, seen)
        if length <= 0 or stamp < last_stamp:
            continue
        last_stamp = stamp
        kept += events
        pages.append((stamp, data, length))
    lost = max(0, ring.written - kept) + ring.dropped
    return [with_lost(*page, 0 if n else lost) for n, page in enumerate(pages)], kept, lost + ring.refused
