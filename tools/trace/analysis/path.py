"""Where the time of one fault went: its steps, cut where the task waited for a lock, slept or had no CPU."""

from collections import namedtuple

from tools.trace.analysis.holders import waits_of

# `state`: running, runnable, asleep, waiting or unknown; `wait`: the Wait that it stood in, or None.
Segment = namedtuple("Segment", "begin end phase state wait")


def _cut(study, fault, phase, begin, end):
    """One step, cut at the ends of waits and of stretches of its task's timeline."""
    waits = [w for w in waits_of(study, fault.task) if w.begin < end and w.end > begin]
    stretches = study.timelines.during(fault.task, begin, end)
    times = {begin, end}
    for piece in (*waits, *stretches):
        times.update(t for t in (piece.begin, piece.end) if begin < t < end)
    times = sorted(times)
    for start, stop in zip(times, times[1:]):
        wait = next((w for w in waits if w.begin <= start and w.end >= stop), None)
        state = next((s.state for s in stretches if s.begin <= start and s.end >= stop), "unknown")
        yield Segment(start, stop, phase, "waiting" if wait else state, wait)


def critical_path(study, fault):
    """[Segment] from the fault's begin to its end, without gaps; neighbours that say the same are one."""
    steps = fault.steps()
    if fault.marks and fault.begin < fault.marks[0].ns:
        steps.insert(0, ("entry", fault.begin, fault.marks[0].ns))
    path = []
    for phase, begin, end in steps:
        for piece in _cut(study, fault, phase, begin, end):
            same = path and path[-1][2:] == piece[2:] and path[-1].end == piece.begin
            path[-1:] = [path[-1]._replace(end=piece.end)] if same else [*path[-1:], piece]
    return path
