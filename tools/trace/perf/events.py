"""Which of a trace's events perf gets, and what is changed for it.

perf follows each lock through states by (thread, lock), and counts as bad what does not fit. Three things of a kernel's
own do not:

- Idle tasks all have pid 0. Two of them may wait for one lock: where locks are told of, each gets a number of its own.
- A run queue's lock is taken by the task that leaves the CPU and let go by the one that comes. perf is told that the former
  let it go.
- Shared holds and attempts (lock_acquire's flags 2 and 1): of these perf wants no lock_acquired. Shared holds go in as
  plain ones, for nobody here holds a lock twice, and so perf's table has their waits; of attempts lock_acquired is left out.

What began before the trace did, or did not end in it, is left out.
"""

from tools.trace.perf.file import Event, PerfFile

SWITCH = Event(1, "sched", "sched_switch", (("prev_comm", "comm"), ("prev_pid", "s32"), ("prev_prio", "s32"),
                                            ("prev_state", "u32"), ("next_comm", "comm"), ("next_pid", "s32"),
                                            ("next_prio", "s32")))
WAKE = (("comm", "comm"), ("pid", "s32"), ("prio", "s32"), ("target_cpu", "s32"))
WAKING, WAKEUP = Event(2, "sched", "sched_waking", WAKE), Event(3, "sched", "sched_wakeup", WAKE)
BEGIN = Event(4, "lock", "contention_begin", (("lock_addr", "u32"), ("flags", "u32")))
END = Event(5, "lock", "contention_end", (("lock_addr", "u32"), ("ret", "s32")))
ACQUIRE = Event(1, "lock", "lock_acquire", (("flags", "u32"), ("name", "text"), ("lockdep_addr", "u32")))
NAMED = (("name", "text"), ("lockdep_addr", "u32"))
CONTENDED, ACQUIRED, RELEASE = (Event(n, "lock", name, NAMED) for n, name in
                                ((2, "lock_contended"), (3, "lock_acquired"), (4, "lock_release")))
SCHED = {event.name: event for event in (SWITCH, WAKING, WAKEUP)}
TRY = 1
IDLE_PID = 1 << 20
# perf leaves out this many callers from inside: on Linux they are the lock's own functions.
SKIPPED = 3
NOWHERE = ()


def thread(event):
    """Whose event it is, where each CPU's idle task is somebody."""
    return event.task if event.task > 0 else IDLE_PID + event.cpu


def _file(trace, events, first):
    """A file that knows the kernel and the tasks."""
    perf = PerfFile(trace.cpus, events, first)
    if trace.symbols:
        perf.kernel(trace.symbols[0][0], trace.symbols[-1][0])
    for pid, comm in sorted(trace.tasks.items()):
        if pid:
            perf.task(pid, comm)
    for cpu in range(trace.cpus):
        perf.task(IDLE_PID + cpu, f"idle/{cpu}")
    return perf


def contention_file(trace, events, waits):
    """sched_* and the waits: for perf lock contention, perf sched timehist. `waits`: of tools.trace.analysis."""
    at = trace.absolute
    samples = [(event.ns, SCHED[event.event], event.cpu, event.task, tuple(event[4:]), NOWHERE)
               for event in events if event.event in SCHED]
    for wait in waits:
        if wait.ended:
            pid = wait.task if wait.task > 0 else IDLE_PID + wait.cpu
            places = (wait.ip,) * (SKIPPED + 1)
            samples.append((wait.begin, BEGIN, wait.cpu, pid, (wait.lock, wait.flags), places))
            samples.append((wait.end, END, wait.cpu, pid, (wait.lock, wait.error), places))
    samples.sort(key=lambda sample: sample[0])
    perf = _file(trace, [SWITCH, WAKING, WAKEUP, BEGIN, END], at(samples[0][0]) if samples else 0)
    for ns, *rest in samples:
        event, cpu, pid, values, places = rest
        perf.sample(event, at(ns), cpu, pid, values, places)
    return perf


class LockStates:
    """Follows lock_* events as perf will, and passes on what fits."""

    def __init__(self):
        self._wanted = {}   # (thread, lock): its lock_acquire
        self._held = {}     # lock: the threads that hold it
        self.samples = []

    def _add(self, event, kind, who, values):
        self.samples.append((event.ns, kind, event.cpu, who, values, NOWHERE))

    def acquire(self, event):
        """lock_acquire: passed on when what follows shows that it comes to something."""
        self._wanted[thread(event), event.lockdep_addr] = [event, None]

    def contended(self, event):
        """lock_contended: has to wait."""
        wanted = self._wanted.get((thread(event), event.lockdep_addr))
        if wanted:
            wanted[1] = event

    def acquired(self, event):
        """lock_acquired: now it is held."""
        who, lock = thread(event), event.lockdep_addr
        first, waited = self._wanted.pop((who, lock), (None, None))
        if first is None:
            return
        flags = first.flags & TRY
        self._add(first, ACQUIRE, who, (flags, first.name, lock))
        if waited:
            self._add(waited, CONTENDED, who, (waited.name, lock))
        if not flags:
            self._add(event, ACQUIRED, who, (event.name, lock))
        self._held.setdefault(lock, []).append(who)

    def release(self, event):
        """lock_release, by whoever has it."""
        who, holders = thread(event), self._held.get(event.lockdep_addr)
        if holders:
            holder = who if who in holders else holders[0]
            holders.remove(holder)
            self._add(event, RELEASE, holder, (event.name, event.lockdep_addr))


def lock_file(trace, events):
    """lock_*: for perf lock report. None when the trace has none."""
    states = LockStates()
    takers = {"lock_acquire": states.acquire, "lock_contended": states.contended, "lock_acquired": states.acquired,
              "lock_release": states.release}
    for event in events:
        take = takers.get(event.event)
        if take:
            take(event)
    if not states.samples:
        return None
    samples = sorted(states.samples, key=lambda sample: sample[0])
    perf = _file(trace, [ACQUIRE, CONTENDED, ACQUIRED, RELEASE], trace.absolute(samples[0][0]))
    for ns, *rest in samples:
        event, cpu, pid, values, places = rest
        perf.sample(event, trace.absolute(ns), cpu, pid, values, places)
    return perf
