// Arrows between lanes: from a waiter to the holder (red), from the release to the waiter that goes on (green), from the CPU
// that makes others forget to each of them (violet).

const MOST_ARROWS = 60;
const WIDE_ENOUGH = 16;  // pixels that a wait must have for its arrows to be readable

// The waits in view that are wide enough, the longest first, no more than can be told apart.
function waitsInView(model, camera) {
    const least = camera.span / camera.width * WIDE_ENOUGH, {begin, end} = model.wait, found = [];
    for (const w of model.longest) { // in the order of length: the first that is too short ends the search
        if (end[w] - begin[w] < least || found.length === MOST_ARROWS)
            break;
        if (end[w] > camera.from && begin[w] < camera.to)
            found.push(w);
    }
    return found;
}

function taskOrCpu(model, task, cpu) {
    return model.isIdle(task) ? `cpu:${cpu}` : `task:${task}`;
}

// The lane of a wait's waiter: idle tasks have none of their own.
function waiterLane(model, w) {
    return taskOrCpu(model, model.wait.task[w], model.wait.cpu[w]);
}

function holderLane(model, w, holder) {
    return taskOrCpu(model, holder.task, holder.hold >= 0 ? model.hold.cpu[holder.hold] : Math.max(model.wait.ownercpu[w], 0));
}

// The arrows that belong to one wait: [{kind, from, to, time, wait, text}], lanes by their keys.
function arrowsOfWait(model, w) {
    const holders = holdersOf(model, w), arrows = [], waiter = waiterLane(model, w);
    const {begin, end, ended} = model.wait;
    if (holders.length) {
        const first = holders[0], place = model.strings[first.place];
        arrows.push({kind: "holder", from: waiter, to: holderLane(model, w, first), time: begin[w], wait: w,
                     text: place ? `held from ${place}` : ""});
        // Readers who came with the waiter hold it still: the release that let them in is the last one before.
        const last = holders.findLast(({hold}) => hold >= 0 && model.hold.ended[hold] && model.hold.end[hold] <= end[w]);
        if (ended[w] && last)
            arrows.push({kind: "release", from: holderLane(model, w, last), to: waiter, time: model.hold.end[last.hold],
                         until: end[w], wait: w, text: ""});
    }
    return arrows;
}

function arrowsOfShootdowns(model, camera) {
    const arrows = [];
    const first = firstWhere(model.shootdowns.length, (i) => model.shootdowns[i].time >= camera.from);
    for (let i = first; i < model.shootdowns.length && model.shootdowns[i].time < camera.to; i++) {
        const {time, cpu, mask, event} = model.shootdowns[i];
        for (let other = 0; other < model.cpus; other++)
            if (other !== cpu && mask >> other & 1)
                arrows.push({kind: "shootdown", from: `cpu:${cpu}`, to: `cpu:${other}`, time, event, text: ""});
        if (arrows.length > 4 * MOST_ARROWS)
            return []; // too many to be told apart: they show when one is nearer
    }
    return arrows;
}

// Everything to draw in this view; the selected wait's arrows and its chain's are always among it.
function arrowsInView(model, camera, selection) {
    const chosen = selection && selection.type === "wait" ? chainOf(model, selection.index).map((link) => link.wait) : [];
    const waits = new Set([...chosen, ...waitsInView(model, camera)]);
    const arrows = [...waits].flatMap((w) => arrowsOfWait(model, w));
    for (const arrow of arrows)
        arrow.strong = chosen.includes(arrow.wait);
    return [...arrows, ...arrowsOfShootdowns(model, camera)];
}

class ArrowPainter {
    constructor(context, camera, lanes, palette) {
        Object.assign(this, {context, camera, lanes, palette});
    }

    color(kind) {
        return this.palette.css[{holder: "wait", release: "release", shootdown: "shootdown"}[kind]];
    }

    // Where an arrow begins and ends on the lanes: [y from, y to], or null when one of them is not there.
    ends({kind, from, to}) {
        const part = (key, which) => this.lanes.middle(key, key.startsWith("cpu") ? "run" : which);
        const y = kind === "holder" ? [part(from, "wait"), part(to, "state")]
            : kind === "release" ? [part(from, "state"), part(to, "wait")] : [part(from, "run"), part(to, "run")];
        return y[0] === null || y[1] === null || y[0] === y[1] ? null : y;
    }

    draw(arrow, top, anyStrong) {
        const y = this.ends(arrow), {context, camera} = this, x = camera.x(arrow.time);
        const x2 = arrow.until === undefined ? x : camera.x(arrow.until);
        if (!y || x < camera.left - 1 || x > camera.left + camera.width)
            return false;
        const [y1, y2] = [y[0] + top, y[1] + top], down = Math.sign(y2 - y1), bend = Math.min(16, Math.abs(y2 - y1) / 3);
        context.globalAlpha = arrow.strong ? 1 : anyStrong ? 0.28 : 0.85;
        context.strokeStyle = context.fillStyle = this.color(arrow.kind);
        context.lineWidth = arrow.strong ? 2.2 : 1.2;
        context.setLineDash(arrow.kind === "shootdown" ? [3, 3] : []);
        context.beginPath();
        context.moveTo(x, y1);
        if (arrow.kind === "shootdown")
            context.lineTo(x, y2 - 5 * down);
        else
            context.bezierCurveTo(x + bend, y1 + bend * down, x2 + bend, y2 - bend * down - 5 * down, x2, y2 - 5 * down);
        context.stroke();
        this.head(x2, y2, down);
        this.dot(x, y1);
        if (arrow.text && arrow.strong)
            this.text(arrow.text, x + bend + 4, (y1 + y2) / 2);
        context.globalAlpha = 1;
        context.setLineDash([]);
        return true;
    }

    head(x, y, down) {
        const {context} = this;
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(x - 3.5, y - 7 * down);
        context.lineTo(x + 3.5, y - 7 * down);
        context.fill();
    }

    dot(x, y) {
        this.context.beginPath();
        this.context.arc(x, y, 2.4, 0, 7);
        this.context.fill();
    }

    text(text, x, y) {
        const {context, palette} = this;
        const width = context.measureText(text).width;
        context.fillStyle = palette.css.paper;
        context.globalAlpha = 0.9;
        context.fillRect(x - 3, y - 9, width + 6, 17);
        context.globalAlpha = 1;
        context.fillStyle = palette.css.wait;
        context.fillText(text, x, y);
    }
}
