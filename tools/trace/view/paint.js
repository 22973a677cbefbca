// Lanes into pixels. Where a span is narrower than a pixel column, the column takes the colour of its first span, as strong as
// the share of the column that spans cover: a frame costs the same whether ten spans are in view or a million.

class Painter {
    constructor(model, camera, palette, raster) {
        Object.assign(this, {model, camera, palette, raster, scale: 1, labels: []});
    }

    begin(scale) {
        this.scale = scale;
        this.labels = [];
        this.spans = 0;
    }

    // One band at y (CSS pixels). `colorOf(item)` gives a packed colour, or 0 for nothing; `labelOf(item)` a text, or none.
    band(band, y, height, colorOf, labelOf) {
        const {camera, palette, raster, scale} = this, {begin, end} = band;
        const top = Math.round(y * scale), tall = Math.round(height * scale), right = raster.width;
        const column = camera.span / camera.width / scale, left = camera.left * scale;
        const toX = (t) => left + (t - camera.from) / column;
        for (let i = band.firstAfter(camera.from); i < band.length && begin[i] < camera.to;) {
            this.spans++;
            const color = colorOf(band.item[i]), x = Math.max(toX(begin[i]), left), wide = Math.min(toX(end[i]), right) - x;
            if (wide >= 2) {
                if (color)
                    raster.box(x, top, wide, tall, color);
                if (labelOf && wide > 34 * scale)
                    this.label(x / scale, y, wide / scale, height, band.item[i], labelOf);
                i++;
                continue;
            }
            const pixel = Math.floor(x), from = camera.from + (pixel - left) * column, to = from + column;
            let next = this.firstFrom(band, i, to);
            if (color)
                raster.box(pixel, top, 1, tall, palette.faded(color, band.share(from, to)));
            i = next > i ? next : i + 1;
        }
    }

    // The first span from i on that begins at t or later: near ones first, for most columns hold few.
    firstFrom(band, i, t) {
        let step = 1;
        while (i + step < band.length && band.begin[i + step] < t)
            step *= 2;
        const low = i + (step >> 1), high = Math.min(i + step, band.length);
        return low + firstWhere(high - low, (k) => band.begin[low + k] >= t);
    }

    label(x, y, width, height, item, labelOf) {
        if (this.labels.length < 500)
            this.labels.push({x, y, width, height, text: labelOf(item)});
    }

    lane(lane, y) {
        const inner = this.scale * (lane.height - 1), {raster, palette} = this;
        const color = lane.type === "header" ? palette.pixel.paper : palette.pixel.lane;
        raster.box(0, Math.round(y * this.scale), raster.width, Math.round(inner), color);
        if (lane.type !== "header")
            this[lane.type](lane.index, y);
    }

    cpu(cpu, y) {
        const {model, palette} = this, {run, ticks} = PARTS.cpu;
        this.band(model.cpuRuns[cpu], y + run[0], run[1], (i) => palette.task[model.run.task[i]],
                  (i) => model.taskName(model.run.task[i]));
        this.eventTicks(model.cpuEvents[cpu], y + ticks[0], ticks[1]);
    }

    // A stroke for each pixel column in which something was recorded.
    eventTicks(events, y, height) {
        const {camera, raster, scale, palette} = this, {time} = this.model.event, left = camera.left * scale;
        const column = camera.span / camera.width / scale, top = Math.round(y * scale), tall = Math.round(height * scale);
        let i = firstWhere(events.length, (k) => time[events[k]] >= camera.from);
        while (i < events.length && time[events[i]] < camera.to) {
            const pixel = Math.floor(left + (time[events[i]] - camera.from) / column);
            raster.box(pixel, top, 1, tall, palette.pixel.tick);
            const next = camera.from + (pixel + 1 - left) * column;
            let step = 1;
            while (i + step < events.length && time[events[i + step]] < next)
                step *= 2;
            const low = i + (step >> 1), high = Math.min(i + step, events.length);
            i = Math.max(i + 1, low + firstWhere(high - low, (k) => time[events[low + k]] >= next));
        }
    }

    task(task, y) {
        const {model, palette} = this, {state, fault, wait} = PARTS.task, {states} = model.meta;
        const tones = states.map((name) => palette.pixel[name]);
        this.band(model.taskStates[task], y + state[0], state[1], (i) => tones[model.state.state[i]]);
        if (model.taskFaults[task])
            this.faults(model.taskFaults[task], y + fault[0], fault[1]);
        model.taskWaits[task].forEach((band, depth) => {
            const inset = Math.min(depth * 3, 6);
            this.band(band, y + wait[0] + inset, wait[1] - inset, () => palette.pixel[depth ? "wait-deep" : "wait"],
                      (i) => model.lockName(model.wait.lock[i]));
        });
    }

    // A fault is one box from afar, and its steps from near.
    faults(band, y, height) {
        const {model, palette, camera} = this, near = camera.span / camera.width * 14;
        this.band(band, y, height, (f) => model.fault.end[f] - model.fault.begin[f] < near ? palette.pixel.fault : 0);
        for (let i = band.firstAfter(camera.from); i < band.length && band.begin[i] < camera.to; i++) {
            if (band.end[i] - band.begin[i] < near) {
                i = this.skipShort(band, i, near) - 1;
                continue;
            }
            for (const step of stepsOf(model, band.item[i]))
                this.step(step, y, height);
        }
    }

    // Past faults that are boxes only: to the end of this pixel column at least.
    skipShort(band, i, near) {
        return Math.max(i + 1, this.firstFrom(band, i, band.begin[i] + near / 14));
    }

    step({phase, begin, end}, y, height) {
        const {camera, raster, scale, palette, model} = this;
        const x = Math.max(camera.x(begin), camera.left), right = Math.min(camera.x(end), camera.left + camera.width);
        if (right <= camera.left)
            return;
        raster.box(x * scale, Math.round(y * scale), Math.max(1, (right - x) * scale), Math.round(height * scale), palette.phase[phase]);
        if (right - x > 34)
            this.labels.push({x, y, width: right - x, height, text: model.meta.phases[phase]});
    }

    lock(lock, y) {
        const {model, palette} = this, {hold, queue} = PARTS.lock, color = (h) => palette.task[model.hold.task[h]];
        for (const band of model.lockWrites[lock])
            this.band(band, y + hold[0], hold[1], color, (h) => model.taskName(model.hold.task[h]));
        const tall = Math.floor(hold[1] / Math.max(model.lockReads[lock].length, 1));
        model.lockReads[lock].forEach((band, row) =>
            this.band(band, y + hold[0] + row * tall, tall - (tall < hold[1] ? 1 : 0), color,
                      tall > 9 ? (h) => model.taskName(model.hold.task[h]) : null));
        this.queue(model.lockQueues[lock], y + queue[0], queue[1]);
    }

    // How many wait, as a height in every pixel column.
    queue(queue, y, height) {
        if (!queue.most)
            return;
        const {camera, raster, scale, palette} = this, column = camera.span / camera.width / scale;
        const bottom = Math.round((y + height) * scale), left = camera.left * scale, tall = height * scale;
        const most = Math.max(queue.most, 3);
        for (let pixel = Math.round(left); pixel < raster.width; pixel++) {
            const from = camera.from + (pixel - left) * column, mean = queue.mean(from, from + column);
            if (mean > 0) {
                const up = Math.max(Math.round(2 * scale), Math.ceil(Math.min(1, mean / most) * tall - 0.01)); // no flicker at halves
                raster.box(pixel, bottom - up, 1, up, palette.pixel.queue);
            }
        }
    }
}
