// Which lanes there are, where they stand, and which bands they show. Measures are CSS pixels.

const GUTTER = 176;
const RULER = 30;
const HEIGHTS = {header: 24, cpu: 27, task: 40, lock: 37};
// What a lane shows, from its top: [y, height].
const PARTS = {
    cpu: {run: [4, 14], ticks: [20, 4]},
    task: {state: [4, 5], fault: [11, 12], wait: [25, 12]},
    lock: {hold: [4, 14], queue: [20, 13]},
};
const GROUPS = [["cpu", "CPUs"], ["task", "Tasks"], ["lock", "Locks"]];

class Lanes {
    constructor(model) {
        this.model = model;
        this.closed = new Set();    // groups that are folded
        this.everything = false;    // or only what does something in view
        this.pinned = new Set();    // lanes that stay: what is selected, and whom the arrows lead to
        const waits = (lock) => model.waitsOfLock[lock].items.length;
        const quiet = (task) => !model.waitsOfTask[task].items.length && !model.taskFaults[task];
        this.tasks = model.tasks.map((_, task) => task).filter((task) => !model.isIdle(task))
            .sort((a, b) => quiet(a) - quiet(b) || model.tasks[a].pid - model.tasks[b].pid);
        this.locks = model.locks.map((_, lock) => lock).sort((a, b) => waits(b) - waits(a));
        this.list = [];
    }

    // The lanes for a stretch of time, from the top; each {key, type, index, y, height}.
    arrange(from, to) {
        this.list = [];
        this.byKey = new Map();
        let y = 0;
        const add = (lane) => {
            lane.y = y;
            lane.height = HEIGHTS[lane.type];
            y += lane.height;
            this.list.push(lane);
            this.byKey.set(lane.key, lane);
        };
        for (const [type, title] of GROUPS) {
            const all = this.members(type), shown = all.filter((i) => this.shows(type, i, from, to));
            add({key: `header:${type}`, type: "header", index: type, title, shown: shown.length, all: all.length});
            if (!this.closed.has(type))
                for (const index of shown)
                    add({key: `${type}:${index}`, type, index});
        }
        this.height = y + 12;
    }

    members(type) {
        if (type === "cpu")
            return Array.from({length: this.model.cpus}, (_, cpu) => cpu);
        return type === "task" ? this.tasks : this.locks;
    }

    shows(type, index, from, to) {
        if (type === "cpu" || this.everything || this.pinned.has(`${type}:${index}`))
            return true;
        const {model} = this;
        if (type === "lock")
            return touches(model.lockQueues[index], from, to);
        return model.taskStates[index].share(from, to) > 0 && this.isAwake(index, from, to) ||
            model.taskWaits[index].some((band) => band.share(from, to) > 0) ||
            (model.taskFaults[index] && model.taskFaults[index].share(from, to) > 0);
    }

    // Does the task do more than sleep?
    isAwake(task, from, to) {
        const band = this.model.taskStates[task], asleep = this.model.meta.states.indexOf("asleep");
        const i = band.firstAfter(from);
        for (let k = i; k < Math.min(i + 3, band.length) && band.begin[k] < to; k++)
            if (this.model.state.state[band.item[k]] !== asleep)
                return true;
        return false;
    }

    // The lane at a height, or null.
    at(y) {
        return this.list.find((lane) => y >= lane.y && y < lane.y + lane.height) || null;
    }

    // The middle of a lane's part, or of its group's header when it is folded away.
    middle(key, part) {
        const lane = this.byKey.get(key) || this.byKey.get("header:" + key.split(":")[0]);
        if (!lane)
            return null;
        const [top, height] = PARTS[lane.type] && PARTS[lane.type][part] || [0, lane.height];
        return lane.y + top + height / 2;
    }
}

// Does anybody wait in this queue between two times?
function touches(queue, from, to) {
    return queue.time.length > 0 && queue.mean(Math.max(from, 0), Math.max(to, 1)) > 0;
}
