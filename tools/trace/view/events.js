// The list of events: those in view, or those that a search found.

const EVENT_ROWS = 300;

function eventRow(app, e) {
    const {model} = app, kind = model.kinds[model.event.kind[e]];
    const text = kind.fields.map((field) => `${field.name}=${fieldText(model, e, field)}`).join(" ");
    const chosen = app.selection && app.selection.type === "event" && app.selection.index === e;
    return make("tr", {class: "pick" + (chosen ? " chosen" : ""), onclick: () => app.select({type: "event", index: e}, true)},
        make("td", {class: "number"}, model.seconds(model.event.time[e])), make("td", {class: "number"}, String(model.event.cpu[e])),
        make("td", {}, model.taskName(model.event.task[e])), make("td", {}, kind.name), make("td", {class: "fields"}, text));
}

function eventsTable(app, events, note) {
    const head = ["seconds", "CPU", "task", "event", "fields"].map((text, i) => make("th", {class: i < 2 ? "number" : null}, text));
    return [make("p", {class: "note"}, note), make("table", {id: "event-table"}, make("thead", {}, make("tr", {}, head)),
            make("tbody", {}, events.map((e) => eventRow(app, e))))];
}

function eventsInView(app) {
    const {model, camera} = app, {time} = model.event;
    const first = firstWhere(time.length, (i) => time[i] >= camera.from), after = firstWhere(time.length, (i) => time[i] > camera.to);
    const shown = Math.min(after - first, EVENT_ROWS);
    const note = `${plural(after - first, "event")} in view` + (shown < after - first ? `, the first ${shown} listed.` : ".");
    return eventsTable(app, Array.from({length: shown}, (_, i) => first + i), note);
}
