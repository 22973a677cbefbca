// The lanes' names at the left, and the frames around what is selected and what is under the mouse.

function drawGutter(stage, top) {
    const {context, palette, visible, model} = stage;
    for (const lane of visible) {
        const y = lane.y + top, chosen = stage.selection && selectedLanes(stage).has(lane.key);
        context.fillStyle = lane.type === "header" ? palette.css.paper : chosen ? palette.css.band : palette.css.lane;
        context.fillRect(0, y, GUTTER - 1, lane.height - 1);
        if (lane.type === "header")
            drawHeader(stage, lane, y);
        else
            drawLaneName(stage, lane, y, model);
    }
    context.fillStyle = palette.css.line;
    context.fillRect(GUTTER - 1, RULER, 1, stage.height);
}

function drawHeader(stage, lane, y) {
    const {context, palette, lanes} = stage, folded = lanes.closed.has(lane.index);
    context.fillStyle = palette.css.ink;
    context.font = "600 " + stage.font;
    context.fillText(`${folded ? "▸" : "▾"} ${lane.title}`, 10, y + lane.height / 2);
    context.font = stage.font;
    context.fillStyle = palette.css.faint;
    const text = lane.shown === lane.all ? count(lane.all) : `${count(lane.shown)} of ${count(lane.all)} in view`;
    context.fillText(text, 64, y + lane.height / 2);
}

function drawLaneName(stage, lane, y, model) {
    const {context, palette} = stage, middle = y + lane.height / 2;
    const [name, detail] = laneTexts(model, lane);
    if (lane.type === "task") {
        context.fillStyle = palette.taskCss[lane.index];
        context.fillRect(10, y + 6, 4, lane.height - 13);
    }
    context.fillStyle = palette.css.ink;
    context.fillText(fitText(context, name, GUTTER - 32), 20, detail ? middle - 7 : middle);
    context.fillStyle = palette.css.faint;
    context.fillText(fitText(context, detail, GUTTER - 32), 20, middle + 8);
}

function laneTexts(model, {type, index}) {
    if (type === "cpu")
        return [`CPU ${index}`, ""];
    if (type === "task") {
        const waits = model.waitsOfTask[index].items.length;
        return [model.taskName(index), waits ? plural(waits, "wait") : "no waits"];
    }
    return [model.lockName(index), `${plural(model.waitsOfLock[index].items.length, "wait")} · ${hex(model.locks[index].address)}`];
}

// The keys of the lanes that the selection lies in.
function selectedLanes(stage) {
    const {selection, model} = stage, {type, index} = selection;
    if (type === "wait")
        return new Set([waiterLane(model, index), `lock:${model.wait.lock[index]}`]);
    if (type === "hold")
        return new Set([taskOrCpu(model, model.hold.task[index], model.hold.cpu[index]), `lock:${model.hold.lock[index]}`]);
    if (type === "fault")
        return new Set([taskOrCpu(model, model.fault.task[index], model.fault.cpu[index])]);
    if (type === "event")
        return new Set([`cpu:${model.event.cpu[index]}`]);
    return new Set([`${type}:${index}`]);
}

// Where the selected span stands: [lane key, part, begin, end] for each lane that shows it.
function selectedSpans({model, selection}) {
    const {type, index} = selection, table = model[type];
    if (type === "event")
        return [[`cpu:${model.event.cpu[index]}`, "ticks", model.event.time[index], model.event.time[index]]];
    if (!["wait", "hold", "fault"].includes(type))
        return [];
    const part = {wait: "wait", hold: "state", fault: "fault"}[type];
    const spans = [[taskOrCpu(model, table.task[index], table.cpu[index]), part, table.begin[index], table.end[index]]];
    if (type !== "fault")
        spans.push([`lock:${table.lock[index]}`, type === "hold" ? "hold" : "queue", table.begin[index], table.end[index]]);
    return spans;
}

function drawSelection(stage, top) {
    const {context, camera, palette, lanes, selection} = stage;
    if (!selection)
        return;
    context.save();
    context.beginPath();
    context.rect(camera.left, RULER, camera.width, stage.height - RULER);
    context.clip();
    context.strokeStyle = palette.css.select;
    context.lineWidth = 2;
    for (const [key, part, begin, end] of selectedSpans(stage)) {
        const lane = lanes.byKey.get(key), box = lane && (PARTS[lane.type][part] || PARTS[lane.type].run);
        if (box)
            context.strokeRect(camera.x(begin) - 1, lane.y + top + box[0] - 1, Math.max(camera.x(end) - camera.x(begin), 1) + 2, box[1] + 2);
    }
    context.restore();
}
