"""Who waited for which lock, and who held it.

A wait begins with faultline:lock_wait (or lock:contention_begin where that is all there is) and ends with
lock:contention_end of the same task. faultline:lock_held is written by whoever lets go of a lock that others wait for: with
the place that took it and how long ago that was.
"""

from dataclasses import dataclass

SPIN, READ, WRITE, MUTEX = 1, 2, 4, 32
KINDS = {SPIN: "spin", READ: "read", WRITE: "write", MUTEX: "mutex"}


@dataclass
class Wait:
    """`owner`: a pid, -1 when readers hold it. `ended`: False when the trace ends first."""

    lock: int
    name: str
    kind: str
    task: int
    cpu: int
    begin: int
    ip: int = 0
    owner: int = -1
    owner_cpu: int = -1
    end: int = 0
    error: int = 0
    ended: bool = False
    index: int = 0
    flags: int = 0

    @property
    def length(self):
        """In nanoseconds."""
        return self.end - self.begin


def kind_of(flags):
    """`spin`, `read`, `write`, `mutex`; Linux's flag words may combine them."""
    return next((name for bit, name in KINDS.items() if flags & bit), "lock")


def waiter(event):
    """A task waits for one lock at a time in one place; idle tasks all have pid 0, so these are told apart by CPU."""
    return (event.task if event.task > 0 else -1 - event.cpu, event.lock_addr)


class WaitCollector:
    """Fed with events in the order of time."""

    def __init__(self):
        self._open, self._waits = {}, []

    def takes(self):
        """Which events it wants."""
        return {"contention_begin": self._begin, "lock_wait": self._owner, "contention_end": self._end}

    def _begin(self, event):
        wait = Wait(event.lock_addr, f"{event.lock_addr:#x}", kind_of(event.flags), event.task, event.cpu, event.ns,
                    flags=event.flags)
        self._waits.append(wait)
        self._open[waiter(event)] = wait
        return wait

    def _owner(self, event):
        wait = self._open.get(waiter(event)) or self._begin(event)
        wait.name, wait.ip, wait.owner, wait.owner_cpu = event.name, event.ip, event.owner_pid, event.owner_cpu

    def _end(self, event):
        wait = self._open.pop(waiter(event), None)
        if wait:  # else it began before the trace did
            wait.end, wait.error, wait.ended = event.ns, event.ret, True

    def finish(self, end):
        """Waits in the order of their beginning."""
        for index, wait in enumerate(self._waits):
            wait.index = index
            if not wait.ended:
                wait.end = end
        return self._waits
