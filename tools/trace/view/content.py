"""What the page is told of a trace: every event with its fields, and what the analyses make of them, as columns.

All times are nanoseconds since the first event. A task is its place in the list of tasks (idle tasks are told apart by CPU);
a lock its place in the list of locks; a text, and a place in the code, its place in the list of strings, of which 0 is none.
"""

from tools.trace import TraceError
from tools.trace.analysis import study_trace
from tools.trace.analysis.faults import OUTCOMES, PHASES, STEPS
from tools.trace.analysis.figures import figures, histogram, phase_times
from tools.trace.analysis.holds import holder
from tools.trace.analysis.timeline import STATES
from tools.trace.view.columns import Columns
from tools.trace.view.lock_table import lock_rows

KINDS = ("spin", "read", "write", "mutex", "lock")
NOBODY = -1


class Numbered(dict):
    """Things and their places in the order in which they were first asked for."""

    def __missing__(self, thing):
        self[thing] = len(self)
        return self[thing]


class Content:
    """Builds the columns of one trace."""

    def __init__(self, trace):
        self.trace = trace
        self.events = trace.events()
        if not self.events:
            raise TraceError("there is no event in it")
        self.study = study_trace(trace, self.events)
        self.columns = Columns()
        self.tasks, self.locks, self.strings = Numbered(), Numbered(), Numbered({"": 0})
        self.lock_names = {}

    def place(self, address):
        """A place in the code, as a string's number."""
        return self.strings[self.trace.symbol(address)] if address else 0

    def task(self, pid, cpu):
        """A task's number; NOBODY where nobody is known."""
        return self.tasks[pid if pid > 0 else -1 - cpu] if pid > 0 or (pid == 0 and cpu >= 0) else NOBODY

    def add_events(self):
        """Every event: time, CPU, kind, task; and for each kind a column a field."""
        add, kinds, by_kind = self.columns.add, Numbered(), {}
        self.columns.add_times("event.time", [event[0] for event in self.events])
        add("event.cpu", [event[1] for event in self.events])
        add("event.kind", [kinds[event.event] for event in self.events])
        add("event.task", [self.tasks[holder(event)] for event in self.events])
        for event in self.events:
            by_kind.setdefault(event.event, []).append(event)
        formats = {one.name: one for one in self.trace.formats.values()}
        return [self._kind(number, formats[name], by_kind[name]) for name, number in kinds.items()]

    def _kind(self, number, one, events):
        fields = []
        for place, field in enumerate(one.fields, 4):
            how = one.how[field]
            values = [event[place] for event in events]
            if how in ("text", "symbol"):
                table = {value: self.place(value) if how == "symbol" else self.strings[value] for value in set(values)}
                self.columns.add(f"kind{number}.{field}", [table[value] for value in values])
            else:
                self.columns.add(f"kind{number}.{field}", values)
            fields.append({"name": field, "how": [list(pair) for pair in how.items()] if isinstance(how, dict) else how,
                           "symbolic": isinstance(how, dict)})
        return {"name": one.name, "system": one.system, "count": len(events), "fields": fields}

    def add_runs(self):
        """Who ran on each CPU, from switch to switch."""
        runs, since = [], [(0, None)] * self.trace.cpus
        for event in self.events:
            if event.event == "sched_switch":
                begin, task = since[event.cpu]
                if task is None:  # whoever ran when the trace began
                    task = self.task(event.prev_pid, event.cpu)
                runs.append((event.cpu, begin, event.ns, task))
                since[event.cpu] = event.ns, self.task(event.next_pid, event.cpu)
            elif since[event.cpu][1] is None:
                since[event.cpu] = since[event.cpu][0] or event.ns, self.tasks[holder(event)]
        runs += [(cpu, begin, self.study.end, task) for cpu, (begin, task) in enumerate(since) if task is not None]
        runs.sort()
        self._add_spans("run", runs, 1)
        self.columns.add("run.cpu", [run[0] for run in runs])
        self.columns.add("run.task", [run[3] for run in runs])

    def _add_spans(self, name, rows, at):
        """begin and length of rows (..., begin, end, ...), in any order."""
        self.columns.add_lengths(name + ".begin", [row[at] for row in rows])
        self.columns.add_lengths(name + ".length", [row[at + 1] - row[at] for row in rows])

    def add_states(self):
        """What each task did: running, runnable, asleep."""
        rows = [(self.tasks[pid], stretch.begin, stretch.end, STATES.index(stretch.state), stretch.cpu)
                for pid in self.study.timelines.pids() for stretch in self.study.timelines.of(pid) if stretch.state in STATES]
        self._add_spans("state", rows, 1)
        self.columns.add("state.task", [row[0] for row in rows])
        self.columns.add("state.state", [row[3] for row in rows])
        self.columns.add("state.cpu", [max(row[4], 0) for row in rows])

    def add_waits(self):
        """Who waited for which lock, and whom it saw holding it."""
        waits, add = self.study.waits, self.columns.add
        for wait in waits:
            self.lock_names.setdefault(wait.lock, wait.name)
        self._add_spans("wait", [(wait.begin, wait.end) for wait in waits], 0)
        add("wait.task", [self.task(wait.task, wait.cpu) for wait in waits])
        add("wait.lock", [self.locks[wait.lock] for wait in waits])
        add("wait.cpu", [wait.cpu for wait in waits])
        add("wait.kind", [KINDS.index(wait.kind) for wait in waits])
        add("wait.ended", [wait.ended for wait in waits])
        add("wait.owner", [self.task(wait.owner, wait.owner_cpu) for wait in waits])
        add("wait.ownercpu", [wait.owner_cpu for wait in waits])
        self.columns.add("wait.place", [self.place(wait.ip) for wait in waits])

    def add_holds(self):
        """Who held which lock."""
        holds, add = self.study.holding.found, self.columns.add
        for lock, name in self.study.holding.names.items():
            self.lock_names.setdefault(lock, name)
        self._add_spans("hold", [(hold.begin, hold.end) for hold in holds], 0)
        add("hold.task", [self.task(hold.task, hold.cpu) for hold in holds])
        add("hold.lock", [self.locks[hold.lock] for hold in holds])
        add("hold.cpu", [hold.cpu for hold in holds])
        add("hold.kind", [KINDS.index(hold.kind) for hold in holds])
        add("hold.ended", [hold.ended for hold in holds])
        self.columns.add("hold.place", [self.place(hold.ip) for hold in holds])

    def add_faults(self):
        """Each fault, and its marks, one after the other."""
        faults, add, firsts, marks = self.study.faults, self.columns.add, [], []
        for fault in faults:
            firsts.append(len(marks))
            marks += fault.marks
        self._add_spans("fault", [(fault.begin, fault.end) for fault in faults], 0)
        add("fault.task", [self.task(fault.task, fault.cpu) for fault in faults])
        for name in ("number", "address", "code"):
            add("fault." + name, [getattr(fault, name) for fault in faults])
        add("fault.cpu", [fault.cpu for fault in faults])
        add("fault.ended", [fault.ended for fault in faults])
        add("fault.mark", firsts)
        self.columns.add("fault.outcome", [self.strings[fault.outcome] for fault in faults])
        self.columns.add("fault.place", [self.place(fault.ip) for fault in faults])
        self.columns.add_lengths("mark.time", [mark.ns for mark in marks])
        add("mark.phase", [PHASES.index(mark.phase) if mark.phase in PHASES else len(PHASES) for mark in marks])

    def histograms(self):
        """For each phase, and for the whole fault: count, p50, p99, longest, total; and the bins."""
        rows = []
        for phase, times in phase_times(self.study.faults).items():
            row = figures(times)
            rows.append({"phase": phase, "step": STEPS.get(phase, ""), "bins": sorted(histogram(times).items()), **row._asdict()})
        return rows

    def _task_names(self):
        names = []
        for key in self.tasks:
            names.append({"pid": max(key, 0), "name": self.trace.tasks.get(key, "<...>") if key > 0 else f"idle/{-1 - key}"})
        return names

    def pack(self, title):
        """The whole, packed."""
        kinds = self.add_events()
        self.add_runs()
        self.add_states()
        self.add_waits()
        self.add_holds()
        self.add_faults()
        trace = self.trace
        return self.columns.pack({
            "title": title, "kernel": trace.kernel, "cpus": trace.cpus, "first": trace.seconds(0), "length": self.study.end,
            "lost": sum(trace.lost), "damaged": trace.damaged, "events": len(self.events), "counts": self.study.counts,
            "kinds": kinds, "tasks": self._task_names(), "phases": PHASES, "states": STATES, "lockkinds": KINDS,
            "locks": [{"address": lock, "name": self.lock_names.get(lock, f"{lock:#x}")} for lock in self.locks],
            "lockrows": lock_rows(self.study.waits, self.study.holding), "histograms": self.histograms(), "outcomes": OUTCOMES,
            "strings": list(self.strings)})
