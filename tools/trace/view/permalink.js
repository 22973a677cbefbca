// #t=3.042832461-3.043832461&lock=mmap_lock@c181b040&wait=17: what is in view and what is selected, for somebody else's eyes.

function linkOf(app) {
    const {model, camera, selection} = app, parts = [`t=${model.seconds(camera.from)}-${model.seconds(camera.to)}`];
    const lock = selection && (selection.type === "lock" ? selection.index : ["wait", "hold"].includes(selection.type)
        ? model[selection.type].lock[selection.index] : -1);
    if (selection && lock >= 0)
        parts.push(`lock=${encodeURIComponent(model.lockName(lock))}@${hex(model.locks[lock].address).slice(2)}`);
    if (selection && selection.type === "task")
        parts.push(`task=${model.tasks[selection.index].pid}`);
    else if (selection && selection.type !== "lock")
        parts.push(`${selection.type}=${selection.index}`);
    return "#" + parts.join("&");
}

function lockOf(model, text) {
    const [name, address] = text.split("@"), number = parseInt(address || name, 16);
    const exact = model.locks.findIndex((lock) => lock.address === number && (!address || lock.name === name));
    return exact >= 0 ? exact : model.locks.findIndex((lock) => lock.name === name);
}

// What a link selects, or null. A number that this trace does not have selects nothing.
function selectionOf(model, words) {
    const sizes = {wait: model.wait.length, hold: model.hold.length, fault: model.fault.length, event: model.event.time.length, cpu: model.cpus};
    for (const [type, size] of Object.entries(sizes)) {
        const index = words.has(type) ? Number(words.get(type)) : -1;
        if (Number.isInteger(index) && index >= 0 && index < size)
            return {type, index};
    }
    const task = words.has("task") ? model.tasks.findIndex(({pid}) => pid > 0 && pid === Number(words.get("task"))) : -1;
    if (task >= 0)
        return {type: "task", index: task};
    const lock = words.has("lock") ? lockOf(model, words.get("lock")) : -1;
    return lock >= 0 ? {type: "lock", index: lock} : null;
}

// Goes where a link says. `t` may be a stretch, or one moment.
function followLink(app, hash) {
    const words = new URLSearchParams(hash.replace(/^#/, "")), {model, camera} = app;
    const selection = selectionOf(model, words), times = (words.get("t") || "").split("-").map(Number);
    const ns = times.map((seconds) => (seconds - model.meta.first) * 1e9);
    if (words.get("t") && ns.every(Number.isFinite))
        ns.length > 1 && ns[1] > ns[0] ? camera.set(ns[0], ns[1]) : camera.show(ns[0] - 5e4, ns[0] + 5e4);
    if (selection)
        app.select(selection, !words.get("t"));
}
