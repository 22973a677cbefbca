"""What a trace says about waits and faults, as text: python3 -m tools.trace.report build/trace.dat"""

import argparse
import sys

from tools.trace import TraceError, show
from tools.trace.analysis import study_trace
from tools.trace.analysis.figures import lock_figures, phase_figures, phase_times, histogram
from tools.trace.analysis.holders import chain_of, holder_time, holders_of
from tools.trace.datfile import open_trace

LONGEST, CHAINS = 8, 5
BAR = 24  # characters of the fullest bin


def us(ns):
    """Nanoseconds as microseconds, for a column."""
    return f"{ns / 1e3:,.1f}"


def aligned(rows, left):
    """Rows of cells as lines; the columns in `left` stand to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(w) if i in left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def lock_lines(study):
    """A line for each lock that was waited for."""
    rows = [("lock", "kind", "waits", "p50", "p99", "longest", "total")]
    rows += [(name, kind, f"{f.count:,}", us(f.p50), us(f.p99), us(f.max), us(f.total))
             for (name, kind), f in lock_figures(study.waits).items()]
    return ["Waits, longest in all first; microseconds:", *aligned(rows, {0, 1})] if len(rows) > 1 else ["Nobody waited."]


def holder_lines(study):
    """Who was in the way: for each lock and place that took it, how long others waited meanwhile."""
    blame = {}
    for wait in study.waits:
        for holder in holders_of(study, wait):
            key = (wait.name, study.trace.symbol(holder.ip) if holder.ip else "not recorded", holder.kind)
            entry = blame.setdefault(key, [0, 0])
            entry[0] += 1
            entry[1] += holder.end - holder.begin
    ordered = sorted(blame.items(), key=lambda item: -item[1][1])[:LONGEST]
    if not ordered:
        return []
    rows = [("lock", "taken at", "as", "others' waits", "their time")]
    rows += [(name, place, kind, f"{n:,}", us(ns)) for (name, place, kind), (n, ns) in ordered]
    return ["Who held it while others waited:", *aligned(rows, {0, 1, 2})]


def split_lines(study):
    """What the holders did meanwhile, over all waits of each lock."""
    total = {}
    for wait in study.waits:
        row = total.setdefault(wait.name, {})
        for state, ns in holder_time(study, wait).items():
            row[state] = row.get(state, 0) + ns
    rows = [("lock", "running", "runnable", "asleep", "unknown")]
    for name, row in sorted(total.items(), key=lambda item: -sum(item[1].values()))[:LONGEST]:
        whole = sum(row.values()) or 1
        rows.append((name, *(f"{100 * row.get(state, 0) / whole:.0f}%" for state in rows[0][1:])))
    return ["What the holders did meanwhile:", *aligned(rows, {0})] if len(rows) > 1 else []


def chain_lines(study):
    """The longest waits, each with whom it waited for, and whom that one waited for."""
    lines = []
    for wait in sorted(study.waits, key=lambda w: -w.length)[:CHAINS]:
        lines.append(f"at {study.trace.seconds(wait.begin):.6f} s: {study.trace.task(wait.task)} on CPU {wait.cpu}, "
                     f"{us(wait.length)} us")
        for depth, link in enumerate(chain_of(study, wait), 1):
            text = f"waits for {link.wait.name} ({link.wait.kind}) at {study.trace.symbol(link.wait.ip)}"
            if link.holder:
                text += f", held by {study.trace.task(link.holder.task)} on CPU {link.holder.cpu}"
                text += f", taken at {study.trace.symbol(link.holder.ip)}" if link.holder.ip else ""
            lines.append("  " * depth + text)
    return ["The longest waits:", *lines] if lines else []


def phase_lines(study):
    """Latencies of each phase of all faults: the time from the mark before it."""
    found = phase_figures(study.faults)
    if not found:
        return ["No fault is whole in this trace (fault_phase events)."]
    rows = [("phase", "faults", "p50", "p99", "longest")]
    rows += [(phase, f"{f.count:,}", us(f.p50), us(f.p99), us(f.max)) for phase, f in found.items()]
    lines = ["Faults: time up to each phase, from the one before; microseconds:", *aligned(rows, {0})]
    bins = histogram(phase_times(study.faults)["whole"]) if "whole" in found else {}
    if bins:
        lines.append("Whole faults by length:")
        most = max(bins.values())
        for n in range(min(bins), max(bins) + 1):
            here = bins.get(n, 0)
            lines.append(f"{us(1 << n):>12} us or more  {here:7,}  {'#' * (-(-BAR * here // most))}")
    return lines


def report(study):
    """All of it."""
    parts = [lock_lines(study), holder_lines(study), split_lines(study), chain_lines(study), phase_lines(study)]
    return [line for part in parts for line in (*part, "") if part][:-1]


def report_on(path):
    """The report on a file."""
    return report(study_trace(open_trace(path)))


def main():
    """The command."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace.report",
                                     description="Waits, holders, chains and the phases of faults of a trace, as text.")
    parser.add_argument("trace", nargs="?", default="build/trace.dat", help="default: build/trace.dat")
    try:
        show(report_on(parser.parse_args().trace))
    except TraceError as error:
        sys.exit(f"trace: {error}")


if __name__ == "__main__":
    main()
