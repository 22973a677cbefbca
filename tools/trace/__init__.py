"""Turns the trace rings in a guest's memory into trace.dat, which trace-cmd and KernelShark open.

Reading order: region (finds the rings in memory), pages (which pages, in which order, and what was lost),
tracedat (the file). The other way: datfile and formats read such a file, analysis says what is in it.
"""

import os
import sys


class TraceError(Exception):
    """What is wrong with the input, as one sentence."""


def show(lines):
    """Prints them; who looks at the first ones only (`| head`) closes the pipe, which is no error."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
