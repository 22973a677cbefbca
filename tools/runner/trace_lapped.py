"""A reader of rings that are lapped while it reads: it must never see half an event."""

from tools.runner.trace_reading import Failure
from tools.trace import TraceError, tracedat
from tools.trace.datfile import open_trace
from tools.trace.pages import ring_pages
from tools.trace.region import read_region

READS = 25


def check_lapped(machine, rings, out):
    """Reads the rings of a running machine again and again; every copy must be whole events in order. Called once the rings
    are full. Returns how many pages were thrown away because their CPU had been faster."""
    thrown = 0
    for _ in range(READS):
        region = read_region(machine.ram, *rings)
        pages = []
        for ring in region.rings():
            pages.append(ring_pages(region, ring, {}, set())[0])
            thrown += max(0, ring.fresh - ring.begun)
        tracedat.write(out, region, pages, {})
        try:
            trace = open_trace(out)
            events = trace.events()
        except TraceError as error:
            raise Failure(f"a copy of the lapped rings cannot be read: {error}") from None
        if trace.damaged or not events:
            raise Failure(f"{trace.damaged} pages of the lapped rings end in half an event")
        if any(event.event == "page_fault_kernel" and event.error_code > 31 for event in events):
            raise Failure("a torn event: a page fault with an impossible error code")
    return thrown
