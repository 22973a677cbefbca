"""Turns the trace rings in a guest's memory into trace.dat, which trace-cmd and KernelShark open.

Reading order: region (finds the rings in memory), pages (which pages, in which order, and what was lost),
tracedat (the file). The other way: datfile and formats read such a file, analysis says what is in it.
"""


class TraceError(Exception):
    """What is wrong with the input, as one sentence."""
