"""What a trace says about waits, holders, tasks and faults: the one place that the text report, the story and the page
(tools/trace/view) ask.

    study = study_trace(datfile.read("build/trace.dat"))
    study.waits      [Wait]: who waited for which lock, when, where, for whom           waits.py
    study.holds      {lock: [Hold]}: who held a lock that others waited for, from where  waits.py
    study.timelines  Timelines: running, runnable, asleep, for each task                timeline.py
    study.faults     [Fault]: each page fault with its phases                           faults.py

    holders_of(study, wait), chain_of(study, wait), holder_time(study, wait)            holders.py
    critical_path(study, fault)                                                         path.py
    phase_figures(study.faults), lock_figures(study.waits)                              figures.py

All times are the nanoseconds that trace-cmd prints.
"""

from collections import namedtuple

from tools.trace.analysis.faults import FaultCollector
from tools.trace.analysis.timeline import Timelines
from tools.trace.analysis.waits import WaitCollector


def by_name(kind):
    """What makes an event of this kind a named tuple: ns, cpu, task (the pid of who ran), event, then its fields."""
    return namedtuple(kind.name, ("ns", "cpu", "task", "event", *kind.names))


class Study:
    """One trace, read once."""

    def __init__(self, trace):
        self.trace = trace
        self.timelines = Timelines()
        self.counts = {}
        self.begin = self.end = 0
        waits, faults = WaitCollector(trace), FaultCollector()
        takers = {kind_id: (by_name(kind), []) for kind_id, kind in trace.kinds.items()}
        for collector in (waits, faults, self.timelines):
            for kind_id, kind in trace.kinds.items():
                if kind.name in collector.takes():
                    takers[kind_id][1].append(collector.takes()[kind.name])
        events = trace.events()
        for event in events:
            kind = event.kind
            self.counts[kind.name] = self.counts.get(kind.name, 0) + 1
            make, wanted = takers[kind.id]
            if wanted:
                named = make(event.ns, event.cpu, event.pid, kind.name, *event.values)
                for take in wanted:
                    take(named)
        if events:
            self.begin, self.end = events[0].ns, events[-1].ns
        self.waits, self.holds = waits.finish(self.end)
        self.faults = faults.finish()
        self.timelines.finish(self.end)


def study_trace(trace):
    """Reads every event once."""
    return Study(trace)
