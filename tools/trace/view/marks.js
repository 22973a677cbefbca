// Race points: the numbered windows that the scenarios stop tasks in. A diamond on the task's line, its name on a tag where
// there is room.

const MOST_MARKS = 400;

// [{time, task, race}] in view, or none when there are too many to be told apart.
function racePointsInView(model, camera) {
    const kind = model.kindNamed("race_point");
    if (kind < 0)
        return [];
    const events = model.eventsOfKind[kind], {time, task} = model.event, races = model.field(kind, "race");
    const first = firstWhere(events.length, (i) => time[events[i]] >= camera.from);
    const after = firstWhere(events.length, (i) => time[events[i]] > camera.to);
    if (after - first > MOST_MARKS)
        return [];
    return Array.from({length: after - first}, (_, i) => ({time: time[events[first + i]], task: task[events[first + i]], race: races[first + i]}));
}

function drawRacePoints(stage, top) {
    const {context, camera, lanes, palette, model} = stage, free = new Map();
    context.font = "600 9px " + stage.font.slice(5);
    for (const {time, task, race} of racePointsInView(model, camera)) {
        const middle = lanes.byKey.has(`task:${task}`) ? lanes.middle(`task:${task}`, "state") : null, x = camera.x(time);
        if (middle === null || x < camera.left)
            continue;
        const y = middle + top;
        context.fillStyle = palette.css.ink;
        context.beginPath();
        for (const [dx, dy] of [[0, -4.5], [4, 0], [0, 4.5], [-4, 0]])
            context.lineTo(x + dx, y + dy);
        context.fill();
        if (x > (free.get(task) || 0)) {
            context.fillRect(x + 5, y - 5.5, 22, 11);
            context.fillStyle = palette.css.paper;
            context.fillText("R" + String(race).padStart(2, "0"), x + 7.5, y + 0.5);
            free.set(task, x + 30);
        }
    }
    context.font = stage.font;
}
