"""Figures over many waits or faults: count, p50, p99, longest, total."""

from collections import namedtuple

from tools.trace.analysis.faults import PHASES

Figures = namedtuple("Figures", "count p50 p99 max total")


def percentile(ordered, percent):
    """The value that `percent` in a hundred do not exceed; `ordered` is sorted and not empty."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def figures(values):
    """Of any numbers; None when there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return Figures(len(ordered), percentile(ordered, 50), percentile(ordered, 99), ordered[-1], sum(ordered))


def histogram(values):
    """{n: how many lie in [2^n, 2^(n+1)) nanoseconds}; 0 counts as n = 0."""
    bins = {}
    for value in values:
        n = max(value, 1).bit_length() - 1
        bins[n] = bins.get(n, 0) + 1
    return bins


def phase_times(faults):
    """{phase: [nanoseconds from the mark before it]}, in the order of PHASES, then `whole`."""
    times = {phase: [] for phase in PHASES}
    whole = []
    for fault in faults:
        for phase, begin, end in fault.steps():
            times.setdefault(phase, []).append(end - begin)
        if fault.ended:
            whole.append(fault.length)
    times["whole"] = whole
    return {phase: values for phase, values in times.items() if values}


def phase_figures(faults):
    """{phase: Figures}, the whole fault last."""
    return {phase: figures(values) for phase, values in phase_times(faults).items()}


def lock_figures(waits):
    """{(name, kind): Figures of its waits}, longest total first."""
    by_lock = {}
    for wait in waits:
        by_lock.setdefault((wait.name, wait.kind), []).append(wait.length)
    rows = {key: figures(values) for key, values in by_lock.items()}
    return dict(sorted(rows.items(), key=lambda row: -row[1].total))
