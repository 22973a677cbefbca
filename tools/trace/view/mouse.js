// The mouse on the lanes: wheel, drag, click, hover.

// What stands under a point: a selection, or null. Spans within two pixels count.
function pick(app, x, y) {
    const {stage, lanes, camera, model} = app;
    if (y < RULER)
        return null;
    const lane = lanes.at(y - RULER + stage.scroll);
    if (!lane || lane.type === "header")
        return lane ? {type: "header", index: lane.index} : null;
    if (x < GUTTER)
        return {type: lane.type, index: lane.index};
    const t = camera.t(x), reach = camera.span / camera.width * 2, inside = y - RULER + stage.scroll - lane.y;
    const within = (part) => inside >= PARTS[lane.type][part][0] - 1 && inside < PARTS[lane.type][part][0] + PARTS[lane.type][part][1] + 2;
    return pickIn[lane.type](model, lane.index, t, reach, within) || {type: lane.type, index: lane.index, t};
}

function topmost(bands, t, reach) {
    for (const band of [...bands].reverse()) {
        const i = band.at(t, reach);
        if (i >= 0)
            return band.item[i];
    }
    return -1;
}

const pickIn = {
    cpu(model, cpu, t, reach, within) {
        if (within("ticks")) {
            const events = model.cpuEvents[cpu], {time} = model.event;
            const i = firstWhere(events.length, (k) => time[events[k]] >= t - reach);
            return i < events.length && time[events[i]] <= t + reach ? {type: "event", index: events[i]} : null;
        }
        const run = topmost([model.cpuRuns[cpu]], t, reach);
        return run >= 0 ? {type: "task", index: model.run.task[run]} : null;
    },
    task(model, task, t, reach, within) {
        const wait = within("wait") ? topmost(model.taskWaits[task], t, reach) : -1;
        if (wait >= 0)
            return {type: "wait", index: wait};
        const fault = within("fault") && model.taskFaults[task] ? topmost([model.taskFaults[task]], t, reach) : -1;
        return fault >= 0 ? {type: "fault", index: fault} : null;
    },
    lock(model, lock, t, reach, within) {
        const hold = within("hold") ? topmost([...model.lockReads[lock], ...model.lockWrites[lock]], t, reach) : -1;
        if (hold >= 0)
            return {type: "hold", index: hold};
        const waits = within("queue") ? model.waitsOfLock[lock].during(t - reach, t + reach) : [];
        return waits.length ? {type: "wait", index: waits.reduce((a, b) => model.rank[a] < model.rank[b] ? a : b)} : null;
    },
};

// What the small box beside the mouse says.
function hint(model, found) {
    const {type, index} = found, table = model[type];
    if (type === "wait")
        return `${model.taskName(table.task[index])} waits ${duration(table.end[index] - table.begin[index])} for ${model.lockName(table.lock[index])}`;
    if (type === "hold")
        return `${model.taskName(table.task[index])} holds ${model.lockName(table.lock[index])} for ${duration(table.end[index] - table.begin[index])}`;
    if (type === "fault")
        return `fault ${table.number[index]} at ${hex(table.address[index])}, ${duration(table.end[index] - table.begin[index])}`;
    if (type === "event")
        return `${model.kinds[table.kind[index]].name}, ${model.taskName(table.task[index])}`;
    return type === "task" ? model.taskName(index) : type === "lock" ? model.lockName(index) : "";
}

function listenToMouse(app) {
    const {stage, camera} = app, {canvas} = stage;
    canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        const line = event.deltaMode === 1 ? 30 : 1;
        if (event.ctrlKey || event.altKey || (!event.shiftKey && event.offsetX > GUTTER && Math.abs(event.deltaY) >= Math.abs(event.deltaX)))
            camera.zoom(Math.exp(event.deltaY * line * 0.0018), event.offsetX);
        else if (event.offsetX <= GUTTER)
            stage.scrollTo(stage.scroll + event.deltaY * line);
        else
            camera.pan((event.deltaX || event.deltaY) * line / camera.width);
    }, {passive: false});
    canvas.addEventListener("pointerdown", (event) => drag(app, event));
    canvas.addEventListener("pointermove", (event) => showHint(app, event));
    canvas.addEventListener("pointerleave", () => byId("hint").hidden = true);
    canvas.addEventListener("dblclick", () => app.showSelection());
}

// A drag moves time and lanes; without a move it is a click.
function drag(app, start) {
    const {camera, stage} = app, {canvas} = stage, from = camera.from, {span} = camera, scroll = stage.scroll;
    let moved = false;
    const move = (event) => {
        const x = event.clientX - start.clientX, y = event.clientY - start.clientY;
        moved = moved || Math.abs(x) + Math.abs(y) > 4;
        if (!moved)
            return;
        const begin = from - x / camera.width * span;
        camera.set(begin, begin + span);
        stage.scrollTo(scroll - y);
    };
    canvas.setPointerCapture(start.pointerId);
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", (event) => {
        canvas.removeEventListener("pointermove", move);
        if (!moved)
            app.click(pick(app, event.offsetX, event.offsetY));
    }, {once: true});
}

function showHint(app, event) {
    const box = byId("hint"), found = event.buttons ? null : pick(app, event.offsetX, event.offsetY);
    const text = found && event.offsetX > GUTTER ? hint(app.model, found) : "";
    box.hidden = !text;
    app.stage.canvas.style.cursor = text ? "pointer" : "";
    if (!text)
        return;
    box.textContent = text;
    box.style.left = Math.min(event.offsetX + 14, app.stage.width - box.offsetWidth - 8) + "px";
    box.style.top = event.offsetY + 18 + "px";
}
