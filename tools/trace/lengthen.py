"""Makes a long trace out of a short one, to see what tools do with many events: python3 -m tools.trace.lengthen SHORT -o LONG

The pages are repeated, each time later by the trace's length, until there are enough events. What was under way at a seam
seems to end there.
"""

import argparse
import sys

from tools.trace import TraceError
from tools.trace.datfile import open_trace
from tools.trace.pages import LOST_COUNTED, PAGE_HEADER
from tools.trace.tracedat import PAGE_SIZE, u64

GAP = 10**6  # cycles between one round and the next


def later(page, cycles):
    """The page, moved in time, and with no events lost before it."""
    stamp, commit = PAGE_HEADER.unpack_from(page)
    return PAGE_HEADER.pack(stamp + cycles, commit & (LOST_COUNTED - 1)) + page[PAGE_HEADER.size :]


def lengthen(trace, wanted):
    """(the file's bytes, how many events it has)."""
    rings = [[trace.data[at : at + PAGE_SIZE] for at in range(start, start + size, PAGE_SIZE)] for start, size in trace.places]
    recorded = trace.events()
    events = len(recorded)
    if not events:
        raise TraceError("there is no event in it")
    rounds = -(-wanted // events)
    length = (recorded[-1].ns << trace.shift) // trace.mult + GAP
    head = trace.data[: trace.places_at]
    place = -(-(len(head) + 16 * len(rings)) // PAGE_SIZE) * PAGE_SIZE
    body = []
    for ring in rings:
        size = len(ring) * rounds * PAGE_SIZE
        head += u64(place) + u64(size)
        place += size
        body += [later(page, turn * length) for turn in range(rounds) for page in ring]
    return head.ljust(-(-len(head) // PAGE_SIZE) * PAGE_SIZE, b"\0") + b"".join(body), events * rounds


def main():
    """The command."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace.lengthen", description="Repeats a trace until it has enough events.")
    parser.add_argument("trace")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--events", type=int, default=10**6, help="default: 1000000")
    options = parser.parse_args()
    try:
        data, events = lengthen(open_trace(options.trace), options.events)
        with open(options.output, "wb") as out:
            out.write(data)
        print(f"{options.output}: {events} events")
    except TraceError as error:
        sys.exit(f"lengthen: {error}")
    except OSError as error:
        sys.exit(f"lengthen: {options.output}: {error.strerror}")


if __name__ == "__main__":
    main()
