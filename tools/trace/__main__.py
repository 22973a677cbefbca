"""python3 -m tools.trace RAMFILE --at PADDR -o build/trace.dat"""

import argparse
import sys

from tools.trace import TraceError, tracedat
from tools.trace.pages import ring_pages
from tools.trace.region import read_region


def address(text):
    """PADDR or PADDR:BYTES, as the kernel's record says them."""
    at, _, size = text.partition(":")
    return int(at, 0), int(size, 0) if size else None


def parse_arguments():
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace",
                                     description="Writes the trace rings of a guest's memory as trace.dat.")
    parser.add_argument("ram", nargs="?", help="the guest's memory: the file of its memory-backend-file")
    parser.add_argument("--ram", dest="ram_option", metavar="FILE", help="the same")
    parser.add_argument("--at", "--ring", dest="at", type=address, required=True, metavar="PADDR[:BYTES]",
                        help="where the region lies, from the control port's `trace` record")
    parser.add_argument("-o", "--output", default="build/trace.dat", help="default: build/trace.dat")
    options = parser.parse_args()
    options.ram = options.ram or options.ram_option
    if not options.ram:
        parser.error("name the file with the guest's memory")
    return options


def convert(options):
    """Writes the file; returns one line that says what is in it."""
    region = read_region(options.ram, *options.at)
    rings, kept, lost = [], 0, 0
    for ring in region.rings():
        pages, ring_kept, ring_lost = ring_pages(region, ring)
        rings.append(pages)
        kept += ring_kept
        lost += ring_lost
    try:
        tracedat.write(options.output, region, rings)
    except OSError as error:
        raise TraceError(f"{options.output}: {error.strerror}") from error
    return f"{options.output}: {kept} events of {region.cpus} CPUs" + (f", {lost} older ones lost" if lost else "")


def main():
    try:
        print(convert(parse_arguments()))
    except (TraceError, UnicodeDecodeError, ValueError) as error:
        sys.exit(f"trace: {error}")


if __name__ == "__main__":
    main()
