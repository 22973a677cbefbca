// The trace as the page asks it: tables with a column a field, and for each lane its bands.

class Model {
    constructor(data) {
        const {meta} = data;
        Object.assign(this, {meta, strings: meta.strings, tasks: meta.tasks, locks: meta.locks, cpus: meta.cpus,
                             length: Math.max(meta.length, 1), kinds: meta.kinds});
        this.event = {time: data.times("event.time"), cpu: data.column("event.cpu"), kind: data.column("event.kind"),
                      task: data.column("event.task")};
        this.run = this.spans(data, "run", ["cpu", "task"]);
        this.state = this.spans(data, "state", ["task", "state", "cpu"]);
        this.wait = this.spans(data, "wait", ["task", "lock", "cpu", "kind", "ended", "owner", "ownercpu", "place"]);
        this.hold = this.spans(data, "hold", ["task", "lock", "cpu", "kind", "ended", "place"]);
        this.fault = this.spans(data, "fault", ["task", "number", "address", "code", "cpu", "ended", "mark", "outcome", "place"]);
        this.mark = {time: data.times("mark.time"), phase: data.column("mark.phase")};
        this.data = data;
        this.fields = new Map();
        this.readEvents();
        this.buildBands();
        this.rankWaits();
        this.findShootdowns();
    }

    spans(data, name, fields) {
        const table = {begin: data.times(name + ".begin")}, lengths = data.times(name + ".length");
        table.length = lengths.length;
        table.end = lengths.map((length, i) => table.begin[i] + length);
        for (const field of fields)
            table[field] = data.column(`${name}.${field}`);
        return table;
    }

    // Each event's row in the columns of its kind.
    readEvents() {
        const {kind} = this.event, next = new Uint32Array(this.kinds.length);
        this.event.row = new Uint32Array(kind.length);
        for (let i = 0; i < kind.length; i++)
            this.event.row[i] = next[kind[i]]++;
        this.eventsOfKind = groupBy(kind, this.kinds.length);
    }

    kindNamed(name) {
        return this.kinds.findIndex((kind) => kind.name === name);
    }

    // A column of one kind of event, unpacked when it is first wanted.
    field(kind, name) {
        const key = `kind${kind}.${name}`;
        if (!this.fields.has(key))
            this.fields.set(key, this.data.column(key));
        return this.fields.get(key);
    }

    buildBands() {
        const {run, state, wait, hold, fault} = this, tasks = this.tasks.length, locks = this.locks.length;
        const one = (table, items) => new Band(items, table.begin, table.end);
        this.cpuRuns = groupBy(run.cpu, this.cpus).map((items) => one(run, items.filter((i) => !this.isIdle(run.task[i]))));
        this.cpuEvents = groupBy(this.event.cpu, this.cpus);
        this.taskStates = groupBy(state.task, tasks).map((items) => one(state, items));
        this.taskFaults = groupBy(fault.task, tasks).map((items) => layers(items, fault.begin, fault.end, 1)[0] || null);
        const waitsOfTask = groupBy(wait.task, tasks), waitsOfLock = groupBy(wait.lock, locks);
        this.taskWaits = waitsOfTask.map((items) => layers(items, wait.begin, wait.end, 3));
        this.waitsOfTask = waitsOfTask.map((items) => new Overlapping(items, wait.begin, wait.end));
        this.waitsOfLock = waitsOfLock.map((items) => new Overlapping(items, wait.begin, wait.end));
        this.lockQueues = waitsOfLock.map((items) => new Queue(items, wait.begin, wait.end));
        const holdsOfLock = groupBy(hold.lock, locks);
        const reads = this.meta.lockkinds.indexOf("read"), shared = (h) => hold.kind[h] === reads;
        this.lockReads = holdsOfLock.map((items) => layers(items.filter(shared), hold.begin, hold.end, 3));
        this.lockWrites = holdsOfLock.map((items) => layers(items.filter((h) => !shared(h)), hold.begin, hold.end, 1));
        this.holdsOfLock = holdsOfLock.map((items) => new Overlapping(items, hold.begin, hold.end));
        this.taskRuns = groupBy(run.task, tasks).map((items) => new Overlapping(byBegin(items, run.begin), run.begin, run.end));
    }

    // The longest wait first, and each wait's rank in that order.
    rankWaits() {
        const {begin, end, length} = this.wait;
        this.longest = Uint32Array.from({length}, (_, i) => i).sort((a, b) => (end[b] - begin[b]) - (end[a] - begin[a]) || a - b);
        this.rank = new Uint32Array(length);
        this.longest.forEach((wait, rank) => this.rank[wait] = rank);
    }

    // Every request to other CPUs to forget translations: when all had answered, by whom, who was asked.
    findShootdowns() {
        const kind = this.kindNamed("shootdown");
        this.shootdowns = kind < 0 ? [] : Array.from(this.eventsOfKind[kind], (event, row) => ({
            event, time: this.event.time[event], cpu: this.event.cpu[event], mask: this.field(kind, "mask")[row] >>> 0,
            answered: this.field(kind, "answered")[row]}));
    }

    isIdle(task) {
        return this.tasks[task].pid === 0;
    }

    taskName(task) {
        const {name, pid} = this.tasks[task];
        return pid ? `${name}-${pid}` : name;
    }

    lockName(lock) {
        return this.locks[lock].name;
    }

    // The second that trace-cmd prints for a time.
    seconds(ns, digits = 9) {
        return (this.meta.first + ns / 1e9).toFixed(digits);
    }
}

function byBegin(items, begin) {
    return items.slice().sort((a, b) => begin[a] - begin[b]);
}

// How many wait at each moment: a step function and its integral, so that the mean over any stretch is one subtraction.
class Queue {
    constructor(items, begin, end) {
        const steps = [];
        for (const item of items)
            steps.push([begin[item], 1], [end[item], -1]);
        steps.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const n = steps.length;
        this.time = new Float64Array(n);
        this.depth = new Uint16Array(n);
        this.area = new Float64Array(n);
        this.most = 0;
        for (let i = 0, depth = 0; i < n; i++) {
            this.time[i] = steps[i][0];
            this.area[i] = i ? this.area[i - 1] + depth * (steps[i][0] - steps[i - 1][0]) : 0;
            this.depth[i] = depth += steps[i][1];
            this.most = Math.max(this.most, depth);
        }
    }

    before(t) {
        const i = firstWhere(this.time.length, (k) => this.time[k] > t) - 1;
        return i < 0 ? 0 : this.area[i] + this.depth[i] * (t - this.time[i]);
    }

    mean(from, to) {
        return (this.before(to) - this.before(from)) / (to - from);
    }
}
