"""Each page fault of the trace, from its entry to its exit."""

from collections import namedtuple
from dataclasses import dataclass, field

PHASES = ("entry", "irq_on", "lookup", "pt_alloc", "alloc", "io", "ask", "relock", "recheck_won", "recheck_lost",
          "install", "flush", "retry", "exit")
# What a fault has behind it when it reaches each phase: the name of the time before it.
STEPS = {"irq_on": "entry, interrupts on again", "lookup": "take mmap_lock, find the region", "pt_alloc": "page table made",
         "alloc": "frame taken and filled", "io": "page cache asked", "ask": "page cache asked", "relock": "up to the page table's lock",
         "recheck_won": "lock taken, entry still as seen", "recheck_lost": "lock taken, entry changed meanwhile",
         "install": "entry written", "flush": "other CPUs told", "retry": "all let go, wait to come",
         "exit": "locks let go, way out"}
OUTCOMES = ("done", "wait", "no region", "bad access", "past the end of the file", "I/O error", "no memory", "killed",
            "interrupted")
WRITE_CODE, USER_CODE = 2, 4
IN_INTERRUPT = 8
# `ip`: where in the kernel the mark was set, 0 when the trace does not say.
Mark = namedtuple("Mark", "ns phase outcome cpu ip")


@dataclass
class Fault:
    """`n`: its number in the trace, from 1; `number`: its task's own."""

    task: int
    number: int
    address: int
    begin: int
    cpu: int
    n: int = 0
    ip: int = 0
    code: int = 0
    end: int = 0
    ended: bool = False
    marks: list = field(default_factory=list)
    events: list = field(default_factory=list)  # race points, shootdowns, frames: what else the task did meanwhile

    @property
    def length(self):
        """In nanoseconds."""
        return self.end - self.begin

    @property
    def write(self):
        """Was it a write?"""
        return bool(self.code & WRITE_CODE)

    @property
    def from_user(self):
        """Did a program fault, and not a copy in the kernel?"""
        return bool(self.code & USER_CODE)

    @property
    def lost(self):
        """Did it find that another had been faster?"""
        return any(mark.phase == "recheck_lost" for mark in self.marks)

    @property
    def outcome(self):
        """The exit's word."""
        last = self.marks[-1]
        return self.outcome_of(last) if last.phase == "exit" else "unknown"

    @staticmethod
    def outcome_of(mark):
        """The result that a mark carries, in words."""
        return OUTCOMES[mark.outcome] if mark.outcome < len(OUTCOMES) else f"result {mark.outcome}"

    def steps(self):
        """[(phase reached, begin, end)]"""
        return [(after.phase, before.ns, after.ns) for before, after in zip(self.marks, self.marks[1:])]


class FaultCollector:
    """Fed with events in the order of time."""

    def __init__(self):
        self._faults, self._open, self._trap = [], {}, {}

    def takes(self):
        """Which events it wants."""
        wanted = {"fault_phase": self._phase, "page_fault_user": self._page_fault, "page_fault_kernel": self._page_fault}
        wanted.update(dict.fromkeys(("race_point", "shootdown", "mm_page_alloc", "mm_page_free", "tlb_flush"), self._other))
        return wanted

    def _page_fault(self, event):
        self._trap[event.task] = event

    def _phase(self, event):
        phase = PHASES[event.phase] if event.phase < len(PHASES) else str(event.phase)
        if phase == "entry":
            self._begin(event)
        fault = self._open.get(event.task)
        if fault is None or fault.number != event.fault:
            return  # it began before the trace did
        fault.marks.append(Mark(event.ns, phase, event.outcome, event.cpu, getattr(event, "ip", 0)))
        fault.end = event.ns
        if phase == "exit":
            fault.ended = True
            del self._open[event.task]

    def _begin(self, event):
        fault = Fault(event.task, event.fault, event.address, event.ns, event.cpu, len(self._faults) + 1)
        trap = self._trap.pop(event.task, None)
        if trap:
            fault.begin, fault.ip, fault.code, fault.address = trap.ns, trap.ip, trap.error_code, trap.address
        self._faults.append(fault)
        self._open[event.task] = fault

    def _other(self, event):
        fault = self._open.get(event.task)
        if fault and not event.context & IN_INTERRUPT:  # else it is not the fault's own
            fault.events.append(event)

    def finish(self):
        """All of them, in the order of their beginning."""
        return self._faults
