// The panel at the right: what is selected, in sentences, with everything in them one click away.

const OUTCOME_OF_MODE = {read: "for reading", write: "for writing", spin: "spinning", mutex: "", lock: ""};

class Panel {
    constructor(app) {
        this.app = app;
        this.model = app.model;
        this.root = byId("panel");
    }

    show(selection) {
        const parts = selection ? this[selection.type](selection.index) : this.welcome();
        this.root.replaceChildren(...parts.filter(Boolean));
        this.root.scrollTop = 0;
    }

    link(text, selection) {
        return make("button", {class: "link", onclick: () => this.app.select(selection, true)}, text);
    }

    taskLink(task) {
        return this.link(this.model.taskName(task), {type: this.model.isIdle(task) ? "cpu" : "task", index: this.cpuOrTask(task)});
    }

    // An idle task has no lane but its CPU's, which its name ends with.
    cpuOrTask(task) {
        return this.model.isIdle(task) ? Number(this.model.tasks[task].name.split("/")[1]) : task;
    }

    lockLink(lock) {
        return this.link(this.model.lockName(lock), {type: "lock", index: lock});
    }

    place(number) {
        return number ? make("code", {}, this.model.strings[number]) : make("span", {class: "faint"}, "a place that is not recorded");
    }

    when(time) {
        return make("p", {class: "when"}, `at ${this.model.seconds(time)} s`);
    }

    welcome() {
        const {model} = this, {meta} = model;
        const lines = [
            `${count(meta.events)} events of ${plural(model.cpus, "CPU")} in ${duration(model.length)}` +
                (meta.lost ? `; ${count(meta.lost)} older ones were overwritten before the trace was saved.` : "."),
            `${plural(model.wait.length, "wait")} for ${plural(new Set(model.wait.lock).size, "lock")}, ` +
                `${plural(model.fault.length, "page fault")}, ${plural(model.shootdowns.length, "TLB shootdown")}.`];
        const start = model.longest.length
            ? make("p", {}, "Begin with ", this.link("the longest wait", {type: "wait", index: model.longest[0]}),
                   ", then press ", make("kbd", {}, "n"), " for the next one.") : null;
        return [make("h2", {}, "What is here"), ...lines.map((line) => make("p", {}, line)), start, legend()];
    }

    wait(w) {
        const {model} = this, {wait} = model, length = wait.end[w] - wait.begin[w];
        const mode = OUTCOME_OF_MODE[model.meta.lockkinds[wait.kind[w]]];
        const ended = wait.ended[w] ? null : make("p", {class: "alarm"}, "The trace ends before this wait does.");
        return [make("h2", {}, make("span", {class: "chip wait"}, "wait"), " ", duration(length)),
                this.when(wait.begin[w]), ended,
                make("p", {}, this.taskLink(wait.task[w]), " waited for ", this.lockLink(wait.lock[w]), mode ? ` (${mode})` : "",
                     `, the ${ordinal(model.rank[w] + 1)} longest of ${count(wait.length)} waits. It asked in `,
                     this.place(wait.place[w]), "."),
                ...this.whoHeld(w), ...this.chain(w)];
    }

    whoHeld(w) {
        const {model} = this, holders = holdersOf(model, w);
        if (!holders.length)
            return [make("h3", {}, "Who held it"), make("p", {}, "Readers, or somebody whom the trace does not name.")];
        const groups = gathered(holders), rows = groups.slice(0, 8).map((group) => make("tr", {},
            make("td", {}, this.taskLink(group.task), group.times > 1 ? ` ${group.times}×` : ""),
            make("td", {}, this.place(group.place)),
            make("td", {class: "number"}, duration(group.ns))));
        const more = groups.length > 8 ? make("p", {class: "faint"}, `and from ${plural(groups.length - 8, "more place")}`) : null;
        return [make("h3", {}, "Who held it"),
                make("table", {class: "plain"}, make("thead", {}, make("tr", {}, make("th", {}, "holder"), make("th", {}, "took it in"),
                     make("th", {class: "number"}, "meanwhile"))), make("tbody", {}, rows)), more,
                make("h3", {}, holders.length > 1 ? "What the holders did meanwhile" : "What the holder did meanwhile"),
                stateBar(holderTime(model, w))];
    }

    chain(w) {
        const {model} = this, links = chainOf(model, w);
        if (links.length < 2)
            return [];
        const rows = links.map(({wait, holder}, depth) => make("li", {style: `margin-left: ${depth * 14}px`},
            this.taskLink(model.wait.task[wait]), " waits for ", this.link(model.lockName(model.wait.lock[wait]), {type: "wait", index: wait}),
            ` (${duration(model.wait.end[wait] - model.wait.begin[wait])})`,
            holder ? [", held by ", this.taskLink(holder.task), holder.place ? [" from ", this.place(holder.place)] : null] : null));
        return [make("h3", {}, "The chain"), make("ol", {class: "chain"}, rows)];
    }

    hold(h) {
        const {model} = this, {hold} = model;
        const waiters = model.waitsOfLock[hold.lock[h]].during(hold.begin[h], hold.end[h]);
        return [make("h2", {}, make("span", {class: "chip hold"}, "hold"), " ", duration(hold.end[h] - hold.begin[h])),
                this.when(hold.begin[h]),
                make("p", {}, this.taskLink(hold.task[h]), " held ", this.lockLink(hold.lock[h]),
                     model.meta.lockkinds[hold.kind[h]] === "read" ? " for reading" : "", ", taken in ", this.place(hold.place[h]),
                     `, on CPU ${hold.cpu[h]}.`),
                make("h3", {}, "Meanwhile it was"),
                stateBar(statesDuring(model, hold.task[h], hold.begin[h], hold.end[h])),
                ...this.waitList("Who waited", waiters)];
    }

    waitList(title, waits) {
        if (!waits.length)
            return [];
        const {model} = this, sorted = [...waits].sort((a, b) => model.rank[a] - model.rank[b]);
        return [make("h3", {}, `${title} (${count(waits.length)})`),
                make("table", {class: "plain"}, make("tbody", {}, sorted.slice(0, 15).map((w) => make("tr", {},
                    make("td", {}, this.link(duration(model.wait.end[w] - model.wait.begin[w]), {type: "wait", index: w})),
                    make("td", {}, model.taskName(model.wait.task[w])), make("td", {}, model.lockName(model.wait.lock[w]))))))];
    }

    fault(f) {
        const {model} = this, {fault} = model, length = fault.end[f] - fault.begin[f];
        const how = (fault.code[f] & 2 ? "write to " : "read of ") + hex(fault.address[f]);
        return [make("h2", {}, make("span", {class: "chip fault"}, "page fault"), " ", duration(length)), this.when(fault.begin[f]),
                make("p", {}, `Fault ${fault.number[f]} of `, this.taskLink(fault.task[f]), `: a ${how}`,
                     fault.place[f] ? [" by ", this.place(fault.place[f])] : null, `; ${model.strings[fault.outcome[f]]}.`),
                make("h3", {}, "Critical path"), this.path(f, length),
                make("p", {class: "faint"}, "A step has the name of the phase that it ends with. Red: it waited for a lock.")];
    }

    path(f, length) {
        const {model} = this, begin = model.fault.begin[f];
        return make("ol", {class: "path"}, criticalPath(model, f).map((part) => {
            const share = (part.end - part.begin) / length, tone = part.wait >= 0 ? "var(--wait)" : this.app.palette.phaseCss[part.phase];
            const holder = part.wait >= 0 ? holdersOf(model, part.wait)[0] : null;
            const text = part.wait >= 0 ? ["waits for ", this.link(model.lockName(model.wait.lock[part.wait]), {type: "wait", index: part.wait}),
                                           holder ? [", held by ", this.taskLink(holder.task), this.meanwhile(part.wait)] : null] : part.state;
            return make("li", {}, make("div", {class: "row"}, make("b", {}, model.meta.phases[part.phase]), make("span", {}, text),
                                       make("span", {class: "number"}, duration(part.end - part.begin))),
                        make("div", {class: "track"}, make("i", {style: `left:${100 * (part.begin - begin) / length}%;` +
                             `width:max(2px,${100 * share}%);background:${tone}`})));
        }));
    }

    // What the holder did, in three words: " (running 93 %)".
    meanwhile(w) {
        const times = Object.entries(holderTime(this.model, w)).filter(([state]) => state !== "unknown");
        const [state, ns] = times.reduce((a, b) => b[1] > a[1] ? b : a), all = times.reduce((sum, [, part]) => sum + part, 0);
        return all ? ` (${state} ${Math.round(100 * ns / all)} %)` : "";
    }

    task(t) {
        const {model} = this, waits = [...model.waitsOfTask[t].items], states = statesDuring(model, t, 0, model.length);
        const faults = model.taskFaults[t] ? model.taskFaults[t].length : 0;
        const waited = waits.reduce((sum, w) => sum + model.wait.end[w] - model.wait.begin[w], 0);
        return [make("h2", {}, make("span", {class: "chip"}, "task"), " ", model.taskName(t)),
                make("p", {}, `${plural(faults, "page fault")}; ${plural(waits.length, "wait")}, ${duration(waited)} in all.`),
                make("h3", {}, "In the whole trace it was"), stateBar(states), ...this.waitList("Its waits, longest first", waits)];
    }

    lock(l) {
        const {model} = this, {address, name} = model.locks[l], waits = [...model.waitsOfLock[l].items];
        const rows = model.meta.lockrows.filter((row) => row.lock === name);
        const all = rows.reduce((sum, row) => sum + row.contentions, 0);
        return [make("h2", {}, make("span", {class: "chip hold"}, "lock"), " ", name),
                make("p", {}, make("code", {}, hex(address)), `: ${plural(waits.length, "wait")}` +
                     `, at most ${model.lockQueues[l].most} at a time. All locks of this name: ${plural(all, "wait")}.`),
                ...this.waitList("Waits for it, longest first", waits)];
    }

    cpu(c) {
        const band = this.model.cpuRuns[c], share = band.sum[band.length] / this.model.length;
        return [make("h2", {}, make("span", {class: "chip"}, "CPU"), ` ${c}`),
                make("p", {}, `Busy ${Math.round(100 * share)} % of the time, ${count(this.model.cpuEvents[c].length)} events.`)];
    }

    event(e) {
        const {model} = this, kind = model.kinds[model.event.kind[e]];
        const rows = kind.fields.map((field) => make("tr", {}, make("td", {}, field.name),
                                     make("td", {}, make("code", {}, fieldText(model, e, field)))));
        return [make("h2", {}, make("span", {class: "chip"}, kind.system), " ", kind.name), this.when(model.event.time[e]),
                make("p", {}, "by ", this.taskLink(model.event.task[e]), ` on CPU ${model.event.cpu[e]}`),
                make("table", {class: "plain"}, make("tbody", {}, rows))];
    }
}

// Holders by task and place, the one who held it for longest first: [{task, place, times, ns}].
function gathered(holders) {
    const groups = new Map();
    for (const {task, place, begin, end} of holders) {
        const key = `${task}:${place}`, group = groups.get(key) || {task, place, times: 0, ns: 0};
        group.times++;
        group.ns += end - begin;
        groups.set(key, group);
    }
    return [...groups.values()].sort((a, b) => b.ns - a.ns);
}

function ordinal(n) {
    const tail = n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th";
    return n === 1 ? "very" : count(n) + tail;
}

// Time by state, as a bar and in words.
function stateBar(times) {
    const parts = Object.entries(times).filter(([, ns]) => ns > 0), length = parts.reduce((sum, [, ns]) => sum + ns, 0);
    return make("div", {class: "states"},
        make("div", {class: "bar"}, parts.map(([state, ns]) => make("i", {class: state, style: `width:${100 * ns / length}%`}))),
        make("ul", {}, parts.map(([state, ns]) => make("li", {}, make("i", {class: state}), `${state} `, make("b", {}, duration(ns)),
                                 ` ${Math.round(100 * ns / length)} %`))));
}

function legend() {
    const row = (style, text) => make("li", {}, make("i", {style}), text);
    const box = (name) => `background:var(--${name})`;
    return make("div", {}, make("h3", {}, "Colours"), make("ul", {class: "legend"},
        row(box("running"), "running"), row(box("runnable"), "could run, has no CPU"), row(box("asleep"), "asleep"),
        row(box("wait"), "waits for a lock; the arrow leads to the holder"),
        row(box("release"), "arrow from the release to the waiter that goes on"),
        row(box("shootdown"), "other CPUs are made to forget (TLB shootdown)"),
        row(box("fault"), "page fault; nearer, its steps in their own colours"),
        row("background:var(--ink);transform:rotate(45deg)", "race point R01 and so on: a window of notes/races.md")));
}

// One field of an event as people want to see it.
function fieldText(model, e, {name, how, symbolic}) {
    const value = model.field(model.event.kind[e], name)[model.event.row[e]];
    if (how === "text" || how === "symbol")
        return model.strings[value];
    if (how === "hex")
        return hex(value);
    if (!Array.isArray(how))
        return String(value);
    if (symbolic)
        return (how.find(([number]) => number === value) || [0, String(value)])[1];
    return how.filter(([bit]) => value & bit).map(([, text]) => text).join("|") || "0";
}
