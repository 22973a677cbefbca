"""When each task ran, could have run, or slept: from sched_switch and sched_waking."""

import bisect
from collections import namedtuple

RUNNING, RUNNABLE, ASLEEP, DEAD = "running", "runnable", "asleep", "dead"
STATES = (RUNNING, RUNNABLE, ASLEEP)
DEAD_BIT = 0x10  # Linux's state bits, which sched_switch uses
Stretch = namedtuple("Stretch", "begin end state cpu")


class Timelines:
    """Fed with events in the order of time; after finish() it answers. Idle tasks (pid 0) are not followed."""

    def __init__(self):
        self._stretches, self._now = {}, {}

    def takes(self):
        """Which events it wants."""
        return {"sched_switch": self._switch, "sched_waking": self._waking}

    def _become(self, pid, ns, state, cpu):
        before = self._now.get(pid)
        if before and before[1] == state:
            return
        if before:
            self._stretches.setdefault(pid, []).append(Stretch(before[0], ns, before[1], before[2]))
        self._now[pid] = (ns, state, cpu)

    def _switch(self, event):
        if event.prev_pid:
            state = DEAD if event.prev_state & DEAD_BIT else ASLEEP if event.prev_state else RUNNABLE
            self._become(event.prev_pid, event.ns, state, event.cpu)
        if event.next_pid:
            self._become(event.next_pid, event.ns, RUNNING, event.cpu)

    def _waking(self, event):
        if self._now.get(event.pid, (0, ASLEEP))[1] == ASLEEP:
            self._become(event.pid, event.ns, RUNNABLE, event.target_cpu)

    def finish(self, end):
        """No event comes any more."""
        for pid in list(self._now):
            self._become(pid, end, None, -1)

    def pids(self):
        """Every task that is known."""
        return sorted(self._stretches)

    def of(self, pid):
        """[Stretch] of one task, in order; what it did before its first event is unknown."""
        return self._stretches.get(pid, [])

    def during(self, pid, begin, end):
        """The stretches of a task between two times, cut to fit."""
        stretches = self.of(pid)
        first = max(0, bisect.bisect_right(stretches, (begin,)) - 1)
        found = []
        for stretch in stretches[first:]:
            if stretch.begin >= end:
                break
            if stretch.end > begin:
                found.append(stretch._replace(begin=max(begin, stretch.begin), end=min(end, stretch.end)))
        return found

    def split(self, pid, begin, end):
        """{state: nanoseconds} between two times; `unknown` is what no event tells."""
        times = dict.fromkeys(STATES, 0)
        for stretch in self.during(pid, begin, end):
            times[stretch.state] = times.get(stretch.state, 0) + stretch.end - stretch.begin
        times["unknown"] = end - begin - sum(times.values())
        return times
