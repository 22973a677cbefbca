"""The columns of /proc/lock_stat, from the trace: a row for each class of locks, its readers apart.

Waits are always in a trace. Acquisitions and hold times need the lock:* events (`make trace`); of mmap_lock they are there
without.
"""


def span(lengths):
    """[shortest, longest, total, how many], or None."""
    return [min(lengths), max(lengths), sum(lengths), len(lengths)] if lengths else None


def lock_rows(waits, holding):
    """A dict a row, most contended first; None is what the trace does not say."""
    waited, held = {}, {}
    for wait in waits:
        if wait.ended and wait.error == 0:
            waited.setdefault((wait.name, wait.kind == "read"), []).append(wait.length)
    for hold in holding.found:
        if hold.ended:
            held.setdefault((holding.names[hold.lock], hold.kind == "read"), []).append(hold.end - hold.begin)
    rows = []
    for name, shared in {**waited, **held}:
        counts = holding.figures.get((name, shared))
        rows.append({
            "name": name + ("-R" if shared else ""), "lock": name, "read": shared,
            "con_bounces": counts.contended_bounces if counts else None, "wait": span(waited.get((name, shared))),
            "contentions": len(waited.get((name, shared), ())),
            "acq_bounces": counts.bounces if counts else None, "acquisitions": counts.all if counts else None,
            "hold": span(held.get((name, shared))) if counts else None})  # without them, only the holds that others waited for
    return sorted(rows, key=lambda row: (-row["contentions"], -(row["acquisitions"] or 0), row["name"]))
