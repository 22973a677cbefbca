"""python3 -m tools.trace.view TRACE.DAT -o build/trace.html"""

import argparse
import os
import sys

from tools.trace import TraceError
from tools.trace.datfile import open_trace
from tools.trace.view import page
from tools.trace.view.content import Content


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace.view", description="Makes a page of a trace.dat: one file, to be opened "
                                     "in any browser of 2023 or later.")
    parser.add_argument("trace", nargs="?", default="build/trace.dat", help="default: build/trace.dat")
    parser.add_argument("-o", "--output", default="build/trace.html", help="default: build/trace.html")
    return parser.parse_args()


def view(path, output):
    """Writes the page; returns one line that says what is in it."""
    if not os.path.exists(path):
        raise TraceError(f"{path}: there is no such file; make smp-test and make trace leave build/trace.dat")
    try:
        content = Content(open_trace(path))
        text = page.build(os.path.basename(path), content.pack(os.path.basename(path)))
    except TraceError as error:
        raise TraceError(str(error) if path in str(error) else f"{path}: {error}") from None
    try:
        with open(output, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise TraceError(f"{output}: {error.strerror}") from None
    study = content.study
    return (f"{output}: {len(content.events):,} events, {len(study.waits):,} waits, {len(study.faults):,} page faults, "
            f"{len(text) / 1e6:.1f} MB; open it in a browser")


def main():
    """The command."""
    options = parse_arguments()
    try:
        print(view(options.trace, options.output))
    except TraceError as error:
        sys.exit(f"trace-view: {error}")


if __name__ == "__main__":
    main()
