"""From a wait to the holder, and on: who held the lock, from which place, what it did with its time, whom it waited for."""

import bisect
from collections import namedtuple

# What is known of one holder of the lock during a wait. `ip` 0: where it took the lock is not recorded.
Holder = namedtuple("Holder", "task cpu ip kind begin end")
# One step of a chain: this wait, and its holder or None.
Link = namedtuple("Link", "wait holder")


def holders_of(study, wait):
    """Everybody who held the lock while the waiter waited, in the order in which they let go: [Holder], times cut to the
    wait. Where the trace has no lock_held of it, the owner that the waiter saw when it began."""
    holds = study.holds.get(wait.lock, [])
    found = []
    for hold in holds[bisect.bisect_left(holds, wait.begin, key=lambda h: h.end):]:
        if hold.begin >= wait.end:
            if hold.kind != "read":
                break  # it was alone: whoever let go later took the lock later as well
        elif hold.task != wait.task or hold.task == 0:
            found.append(Holder(hold.task, hold.cpu, hold.ip, hold.kind, max(hold.begin, wait.begin), min(hold.end, wait.end)))
    if not found and (wait.owner >= 0 or wait.owner_cpu >= 0):
        found.append(Holder(wait.owner, wait.owner_cpu, 0, wait.kind, wait.begin, wait.end))
    return found


def waits_of(study, task):
    """A task's own waits, in order."""
    if not hasattr(study, "waits_by_task"):
        study.waits_by_task = {}
        for wait in study.waits:
            study.waits_by_task.setdefault(wait.task, []).append(wait)
    return study.waits_by_task.get(task, [])


def nested_waits(study, holder, begin, end):
    """The waits in which the holder itself stood between two times: why it did not let go."""
    if holder <= 0:
        return []
    return [wait for wait in waits_of(study, holder) if wait.begin < end and wait.end > begin]


def chain_of(study, wait):
    """[Link] from the waiter to whoever was not waiting: the holder, the wait for another lock in which the holder stood
    while it held this one, and on. A lock that comes up twice ends the chain: a deadlock."""
    links, locks = [], set()
    while wait is not None and wait.lock not in locks:
        locks.add(wait.lock)
        holders = holders_of(study, wait)
        holder = holders[0] if holders else None
        links.append(Link(wait, holder))
        following = []
        if holder:  # where its hold is not recorded, only what it does at the beginning surely lies inside
            end = holder.end if holder.ip else wait.begin + 1
            following = [w for w in nested_waits(study, holder.task, holder.begin, end) if w.lock != wait.lock]
        wait = next((w for w in following if w.begin <= wait.begin), following[0] if following else None)
    return links


def holder_time(study, wait):
    """{running, runnable, asleep, unknown: nanoseconds} of the holders during the wait, added up."""
    holders = [holder for holder in holders_of(study, wait) if holder.task >= 0]
    total = {} if holders else {"unknown": wait.length}
    for holder in holders:
        if holder.task > 0:
            split = study.timelines.split(holder.task, holder.begin, holder.end)
        else:  # an idle task, in an interrupt: it runs
            split = {"running": holder.end - holder.begin}
        for state, ns in split.items():
            total[state] = total.get(state, 0) + ns
    return total
