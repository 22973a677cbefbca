"""Who held which lock when, from every event that says so.

lock:lock_acquired and lock:lock_release tell of every hold, where they are on. mmap_lock's own events tell of that lock alone.
faultline:lock_held tells of the holds that others waited for, and is the only one that knows the place; it comes with the
release, and so completes a hold that is known already, or makes one.
"""

from dataclasses import dataclass

TRY, READ = 1, 2  # lock_acquire's flags


@dataclass
class Acquires:
    """How often a class of locks was acquired; `bounces`: last held on another CPU; `contended`: such after a wait."""

    all: int = 0
    bounces: int = 0
    contended_bounces: int = 0


@dataclass
class Hold:
    """Somebody held a lock from begin to end. `ip`: the place that took it, 0 where the trace does not say. `ended`: False when
    the trace ends first."""

    lock: int
    task: int
    cpu: int
    begin: int
    end: int = 0
    ip: int = 0
    kind: str = "lock"
    ended: bool = False


def holder(event):
    """Idle tasks all have pid 0, so these are told apart by CPU."""
    return event.task if event.task > 0 else -1 - event.cpu


class HoldCollector:
    """Fed with events in the order of time. `all_locks`: the trace has lock_acquired events."""

    def __init__(self, trace, all_locks):
        self.names, self.found = {}, []  # lock -> name; every Hold, in the order of their beginning
        self.figures = {}               # (name, for readers?) -> Acquires
        self._open, self._ended, self._asked, self._contended, self._last_cpu = {}, {}, {}, {}, {}
        self._mult, self._shift = trace.mult, trace.shift
        self._all = all_locks

    def takes(self):
        """Which events it wants."""
        if self._all:
            return {"lock_acquire": self._acquire, "lock_acquired": self._acquired, "lock_release": self._release,
                    "contention_end": self._waited, "lock_held": self._held}
        return {"mmap_lock_acquire_returned": self._mmap_acquired, "mmap_lock_released": self._mmap_released,
                "contention_end": self._waited, "lock_held": self._held}

    def _take(self, event, lock, kind):
        hold = Hold(lock, event.task, event.cpu, event.ns, kind=kind)
        self.found.append(hold)
        self._open.setdefault((holder(event), lock), []).append(hold)

    def _let_go(self, event, lock):
        stack = self._open.get((holder(event), lock))
        if stack:  # else it was taken before the trace began
            hold = self._ended[holder(event), lock] = stack.pop()
            hold.end, hold.ended = event.ns, True

    def _acquire(self, event):
        self._asked[holder(event), event.lockdep_addr] = "read" if event.flags & READ else "write"

    def _acquired(self, event):
        lock = event.lockdep_addr
        self.names[lock] = event.name
        kind = self._asked.pop((holder(event), lock), "write")
        self._take(event, lock, kind)
        self._count(event, lock, kind == "read")

    def _waited(self, event):
        self._contended[holder(event), event.lock_addr] = event.ret == 0

    def _count(self, event, lock, shared):
        row = self.figures.setdefault((self.names[lock], shared), Acquires())
        contended = self._contended.pop((holder(event), lock), False)
        bounced = self._last_cpu.get(lock, event.cpu) != event.cpu
        self._last_cpu[lock] = event.cpu
        row.all += 1
        row.bounces += bounced
        row.contended_bounces += bounced and contended

    def _release(self, event):
        self._let_go(event, event.lockdep_addr)

    def _mmap_acquired(self, event):
        self.names[event.mm] = "mmap_lock"
        if event.success:
            self._take(event, event.mm, "write" if event.write else "read")
            self._count(event, event.mm, not event.write)

    def _mmap_released(self, event):
        self._let_go(event, event.mm)

    def _held(self, event):
        """Stands beside the release of the same hold, before or after it."""
        since = event.ns - (event.held * self._mult >> self._shift)
        key = holder(event), event.lock_addr
        hold = self._open[key][-1] if self._open.get(key) else self._ended.get(key)
        if hold is None or hold.ended and hold.end < since:
            kind = "read" if event.flags & READ else "write"
            hold = Hold(event.lock_addr, event.task, event.cpu, max(since, 0), event.ns, kind=kind, ended=True)
            self.found.append(hold)
        hold.ip = event.ip
        self.names.setdefault(event.lock_addr, event.name)

    def finish(self, end):
        """{lock: [Hold]}, in the order in which they ended."""
        by_lock = {}
        for hold in self.found:
            hold.end = hold.end if hold.ended else end
            by_lock.setdefault(hold.lock, []).append(hold)
        self.found.sort(key=lambda hold: hold.begin)
        return {lock: sorted(holds, key=lambda hold: (hold.end, hold.begin)) for lock, holds in by_lock.items()}
