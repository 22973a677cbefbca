"""What a trace says about waits, holders, tasks and faults: the one place that the text report, the story and the page
(tools/trace/view) ask.

    study = study_trace(open_trace("build/trace.dat"))
    study.waits      [Wait]: who waited for which lock, when, where, for whom           waits.py
    study.holds      {lock: [Hold]}: who held which lock, from where                     holds.py
    study.timelines  Timelines: running, runnable, asleep, for each task                timeline.py
    study.faults     [Fault]: each page fault with its phases                           faults.py

    holders_of(study, wait), chain_of(study, wait), holder_time(study, wait)            holders.py
    critical_path(study, fault)                                                         path.py
    phase_figures(study.faults), lock_figures(study.waits)                              figures.py

All times are nanoseconds since the trace's first event; `trace.seconds(ns)` is what trace-cmd prints.
"""

from tools.trace import TraceError
from tools.trace.analysis.faults import FaultCollector
from tools.trace.analysis.holds import HoldCollector
from tools.trace.analysis.timeline import Timelines
from tools.trace.analysis.waits import WaitCollector


class Study:
    """One trace, read once."""

    def __init__(self, trace, events):
        self.trace = trace
        self.timelines = Timelines()
        self.counts = {}
        self.end = 0
        waits, faults = WaitCollector(), FaultCollector()
        self.holding = HoldCollector(trace, any(event.event == "lock_acquired" for event in events))
        takers = {}
        for collector in (waits, faults, self.holding, self.timelines):
            for name, take in collector.takes().items():
                takers.setdefault(name, []).append(take)
        for event in events:
            name = event.event
            self.counts[name] = self.counts.get(name, 0) + 1
            self.end = event.ns
            try:
                for take in takers.get(name, ()):
                    take(event)
            except AttributeError as error:
                if error.obj is not event:
                    raise
                raise TraceError(f"the file is damaged: event {name} has no field {error.name}") from None
        self.waits = waits.finish(self.end)
        self.holds = self.holding.finish(self.end)
        self.faults = faults.finish()
        self.timelines.finish(self.end)


def study_trace(trace, events=None):
    """Looks at every event once; `events` are the trace's own, where the caller has them already."""
    return Study(trace, trace.events() if events is None else events)
