// From what is selected to the next thing worth a look.

function stepWait(app, by) {
    const {model, selection} = app, {length} = model.longest;
    if (!length)
        return;
    const rank = selection && selection.type === "wait" ? model.rank[selection.index] + by : by > 0 ? 0 : length - 1;
    app.select({type: "wait", index: model.longest[(rank + length) % length]}, true);
}

function stepFault(app, by) {
    const {fault} = app.model, {selection} = app, length = (f) => fault.end[f] - fault.begin[f];
    app.slowest = app.slowest || Array.from({length: fault.length}, (_, f) => f).sort((a, b) => length(b) - length(a));
    const rank = selection && selection.type === "fault" ? app.slowest.indexOf(selection.index) + by : 0;
    if (fault.length)
        app.select({type: "fault", index: app.slowest[(rank + fault.length) % fault.length]}, true);
}

function stepSameLock(app, by) {
    const {model, selection} = app;
    if (!selection || !["wait", "lock", "hold"].includes(selection.type))
        return;
    const items = model.waitsOfLock[selection.type === "lock" ? selection.index : model[selection.type].lock[selection.index]].items;
    const at = selection.type === "wait" ? items.indexOf(selection.index) + by : by > 0 ? 0 : items.length - 1;
    if (items.length)
        app.select({type: "wait", index: items[(at + items.length) % items.length]}, true);
}

function goToHolder(app) {
    if (!app.selection || app.selection.type !== "wait")
        return;
    const links = chainOf(app.model, app.selection.index), {holder} = links[0];
    if (links.length > 1)
        app.select({type: "wait", index: links[1].wait}, true);
    else if (holder && holder.hold >= 0)
        app.select({type: "hold", index: holder.hold}, true);
    else if (holder && !app.model.isIdle(holder.task))
        app.select({type: "task", index: holder.task}, true);
}

function back(app) {
    const before = app.past.pop();
    if (before) {
        app.select(before, true);
        app.past.pop();
    }
}

function stepHit(app, by) {
    const {events} = app.hits;
    if (!events.length)
        return;
    app.hits.at = (app.hits.at + by + events.length) % events.length;
    app.select({type: "event", index: events[app.hits.at]}, true);
}
