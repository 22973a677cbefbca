"""python3 -m tools.trace RAMFILE --at PADDR -o build/trace.dat"""

import argparse
import sys

from tools.trace import TraceError, tracedat
from tools.trace.pages import ring_pages
from tools.trace.region import read_counters, read_region


def address(text):
    """PADDR or PADDR:BYTES, as the kernel's record says them."""
    at, _, size = text.partition(":")
    place = int(at, 0), int(size, 0) if size else None
    if place[0] < 0 or (size and place[1] < 0):
        raise ValueError(text)
    return place


def parse_arguments():
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace",
                                     description="Writes the trace rings of a guest's memory as trace.dat.")
    parser.add_argument("ram", nargs="?", help="the guest's memory: the file of its memory-backend-file")
    parser.add_argument("--ram", dest="ram_option", metavar="FILE", help="the same")
    parser.add_argument("--at", "--ring", dest="at", type=address, required=True, metavar="PADDR[:BYTES]",
                        help="where the region lies, from the control port's `trace` record")
    parser.add_argument("-o", "--output", default="build/trace.dat", help="default: build/trace.dat")
    parser.add_argument("--symbols", metavar="FILE", help="names of functions, as `nm -n` prints them, for a region "
                        "that has none of its own (a replay of the explorer)")
    parser.add_argument("--counters", metavar="FILE", help="also write the kernel's event counters since tracing began, "
                        "and how many events were lost, as lines NAME NUMBER")
    options = parser.parse_args()
    options.ram = options.ram or options.ram_option
    if not options.ram:
        parser.error("name the file with the guest's memory")
    return options


def convert(options):
    """Writes the file; returns one line that says what is in it."""
    region = read_region(options.ram, *options.at)
    if options.symbols:
        region.use_symbols(options.symbols)
    rings, kept, lost, refused, seen = [], 0, 0, 0, set()
    pointers = region.pointers()
    for ring in region.rings():
        pages, ring_kept, ring_lost = ring_pages(region, ring, pointers, seen)
        rings.append(pages)
        kept += ring_kept
        lost += ring_lost
        refused += ring.refused
    texts = {address: region.text_at(address) for address in (int.from_bytes(raw, "little") for raw in seen)}
    texts = {address: text for address, text in texts.items() if text is not None}
    try:
        tracedat.write(options.output, region, rings, texts)
        if options.counters:
            with open(options.counters, "w", encoding="utf-8") as out:
                for name, value in {**read_counters(options.ram, region), "lost": lost}.items():
                    print(name, value, file=out)
    except OSError as error:
        raise TraceError(f"{error.filename or options.output}: {error.strerror}") from error
    older = lost - refused
    return (f"{options.output}: {kept} events of {region.cpus} CPUs" + (f", {older} older ones lost" if older else "")
            + (f", {refused} newer ones refused" if refused else ""))


def main():
    try:
        print(convert(parse_arguments()))
    except TraceError as error:
        sys.exit(f"trace: {error}")


if __name__ == "__main__":
    main()
