"""Source lines for the kernel's addresses, and times for people."""

import os
import subprocess

from tools.trace import TraceError

SAME_SYMBOLS = 200  # so many of the trace's symbols have to stand in the image where the trace has them


def microseconds(ns):
    """A time with as many digits as a reader has use for."""
    if ns >= 10**6:
        return f"{ns / 1e6:,.1f} ms"
    return f"{ns / 1e3:,.1f} us"


def is_of(trace, image):
    """Is this image the kernel that wrote the trace? By the places of its functions."""
    done = subprocess.run(["nm", image], capture_output=True, text=True, check=False)
    places = {(int(line.split()[0], 16), line.split()[2]) for line in done.stdout.splitlines() if len(line.split()) == 3}
    known = [symbol for symbol in trace.symbols if symbol in places]
    return len(known) >= min(SAME_SYMBOLS, len(trace.symbols) // 2)


def find_image(trace, folder):
    """The kernel's ELF file in the build folder that fits the trace; None when none does any more."""
    for name in ("test", "product"):
        image = os.path.join(folder, name, "faultline.elf")
        if os.path.exists(image) and is_of(trace, image):
            return image
    return None


def source_lines(image, addresses):
    """{address: "mm/fault/fault.c:67"} as addr2line says; an address is a place to return to, so the call is before it."""
    addresses = sorted(set(addresses) - {0})
    if image is None or not addresses:
        return {}
    try:
        done = subprocess.run(["addr2line", "-e", image], input="".join(f"{address - 1:#x}\n" for address in addresses),
                              capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise TraceError(f"addr2line, which names source lines, failed: {error}") from None
    lines = {}
    for address, line in zip(addresses, done.stdout.splitlines()):
        path, _, number = line.split(" ")[0].rpartition(":")
        if path and not path.startswith("??") and number.isdigit():
            lines[address] = f"{os.path.relpath(path)}:{number}"
    return lines
