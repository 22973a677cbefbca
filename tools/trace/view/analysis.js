// Who held it, who stood behind whom, and where one fault's time went. tools/trace/analysis says the same in Python, for the
// reports; the tests compare the two.

// Everybody who held the lock while the waiter waited, in the order in which they let go: [{task, hold, place, begin, end}],
// times cut to the wait. Where no hold is recorded, the owner that the waiter saw when it began.
function holdersOf(model, w) {
    const {wait, hold} = model, begin = wait.begin[w], end = wait.end[w];
    const found = model.holdsOfLock[wait.lock[w]].during(begin, end)
        .filter((h) => hold.task[h] !== wait.task[w] || model.isIdle(hold.task[h]))
        .sort((a, b) => hold.end[a] - hold.end[b] || hold.begin[a] - hold.begin[b])
        .map((h) => ({task: hold.task[h], hold: h, place: hold.place[h], begin: Math.max(begin, hold.begin[h]),
                      end: Math.min(end, hold.end[h])}));
    if (!found.length && wait.owner[w] >= 0)
        found.push({task: wait.owner[w], hold: -1, place: 0, begin, end});
    return found;
}

// From the waiter to whoever did not wait: [{wait, holder}]: the holder, the wait for another lock in which the holder stood
// while it held this one, and on. A lock that comes up twice ends the chain: a deadlock.
function chainOf(model, first) {
    const {wait} = model, links = [], locks = new Set();
    for (let w = first; w >= 0 && !locks.has(wait.lock[w]);) {
        locks.add(wait.lock[w]);
        const holder = holdersOf(model, w)[0] || null;
        links.push({wait: w, holder});
        if (!holder || model.isIdle(holder.task))
            break;
        // Where its hold is not recorded, only what it does at the beginning surely lies inside.
        const end = holder.place ? holder.end : wait.begin[w] + 1;
        const own = model.waitsOfTask[holder.task].during(holder.begin, end).filter((o) => wait.lock[o] !== wait.lock[w]);
        const standing = own.find((o) => wait.begin[o] <= wait.begin[w]);
        w = standing !== undefined ? standing : own.length ? own[0] : -1;
    }
    return links;
}

// Nanoseconds that a task spent in each state between two times; `unknown` is what no event tells.
function statesDuring(model, task, begin, end) {
    const times = {running: 0, runnable: 0, asleep: 0, unknown: 0}, band = model.taskStates[task];
    if (model.isIdle(task))
        return {...times, running: end - begin}; // in an interrupt, for idle tasks take no locks themselves
    let known = 0;
    for (let i = band.firstAfter(begin); i < band.length && band.begin[i] < end; i++) {
        const part = Math.min(end, band.end[i]) - Math.max(begin, band.begin[i]);
        times[model.meta.states[model.state.state[band.item[i]]]] += part;
        known += part;
    }
    times.unknown = end - begin - known;
    return times;
}

// What the holders did with the time for which they kept the waiter waiting.
function holderTime(model, w) {
    const holders = holdersOf(model, w), total = {running: 0, runnable: 0, asleep: 0, unknown: 0};
    if (!holders.length)
        total.unknown = model.wait.end[w] - model.wait.begin[w];
    for (const {task, begin, end} of holders)
        for (const [state, ns] of Object.entries(statesDuring(model, task, begin, end)))
            total[state] += ns;
    return total;
}

// A fault's marks: [{time, phase}].
function marksOf(model, f) {
    const {fault, mark} = model, marks = [];
    const end = f + 1 < fault.length ? fault.mark[f + 1] : mark.time.length;
    for (let i = fault.mark[f]; i < end; i++)
        marks.push({time: mark.time[i], phase: mark.phase[i]});
    return marks;
}

// [{phase, begin, end}]: a step has the name of the phase that it reaches.
function stepsOf(model, f) {
    const steps = [];
    let begin = model.fault.begin[f];
    for (const {time, phase} of marksOf(model, f)) {
        if (time > begin || steps.length)
            steps.push({phase, begin, end: time});
        begin = time;
    }
    return steps;
}

// The steps of a fault, cut where its task waited, slept or had no CPU: [{begin, end, phase, state, wait}].
function criticalPath(model, f) {
    const path = [], task = model.fault.task[f];
    for (const {phase, begin, end} of stepsOf(model, f)) {
        const waits = model.waitsOfTask[task].during(begin, end), band = model.taskStates[task];
        const times = new Set([begin, end]);
        const cut = (time) => time > begin && time < end && times.add(time);
        for (const w of waits)
            cut(model.wait.begin[w]), cut(model.wait.end[w]);
        for (let i = band.firstAfter(begin); i < band.length && band.begin[i] < end; i++)
            cut(band.begin[i]), cut(band.end[i]);
        const ordered = [...times].sort((a, b) => a - b);
        for (let i = 0; i + 1 < ordered.length; i++)
            addSegment(model, path, {begin: ordered[i], end: ordered[i + 1], phase}, waits, band);
    }
    return path;
}

function addSegment(model, path, segment, waits, band) {
    const {begin, end} = segment, last = path[path.length - 1];
    const wait = waits.find((w) => model.wait.begin[w] <= begin && model.wait.end[w] >= end);
    const i = band.firstAfter(begin), covers = i < band.length && band.begin[i] <= begin && band.end[i] >= end;
    segment.wait = wait === undefined ? -1 : wait;
    segment.state = wait !== undefined ? "waiting" : covers ? model.meta.states[model.state.state[band.item[i]]] : "unknown";
    if (last && last.end === begin && last.phase === segment.phase && last.state === segment.state && last.wait === segment.wait)
        last.end = end;
    else
        path.push(segment);
}
