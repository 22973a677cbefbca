// One frame: lanes, labels, arrows, ruler. Drawn when something changed, at most once for each screen refresh.

class Stage {
    constructor(canvas, model, camera, lanes, palette) {
        Object.assign(this, {canvas, model, camera, lanes, palette, scroll: 0, selection: null, hover: null, frames: 0});
        this.context = canvas.getContext("2d");
        this.raster = new Raster();
        this.painter = new Painter(model, camera, palette, this.raster);
        this.arrowPainter = new ArrowPainter(this.context, camera, lanes, palette);
        this.arrows = [];
        this.after = []; // functions to call when a frame is done
    }

    resize() {
        const box = this.canvas.parentElement.getBoundingClientRect();
        this.scale = devicePixelRatio || 1;
        this.width = Math.max(box.width, GUTTER + 100);
        this.height = Math.max(box.height, RULER + 40);
        this.canvas.width = Math.round(this.width * this.scale);
        this.canvas.height = Math.round(this.height * this.scale);
        this.canvas.style.width = this.width + "px";
        this.canvas.style.height = this.height + "px";
        this.raster.resize(this.canvas.width, this.canvas.height);
        this.font = "11px " + getComputedStyle(document.body).fontFamily;
        this.camera.left = GUTTER;
        this.camera.width = this.width - GUTTER;
        this.invalidate();
    }

    invalidate() {
        if (!this.waiting) {
            this.waiting = true;
            requestAnimationFrame(() => {
                this.waiting = false;
                this.draw();
            });
        }
    }

    scrollTo(y) {
        this.scroll = Math.max(0, Math.min(y, this.lanes.height - (this.height - RULER)));
        this.invalidate();
    }

    // Brings a lane into view.
    revealLane(key) {
        this.lanes.pinned.add(key);
        this.lanes.arrange(this.camera.from, this.camera.to);
        const lane = this.lanes.byKey.get(key), room = this.height - RULER;
        if (lane && (lane.y < this.scroll || lane.y + lane.height > this.scroll + room))
            this.scrollTo(lane.y - room / 3);
    }

    draw() {
        const {camera, lanes, painter, raster, context} = this;
        lanes.arrange(camera.from, camera.to);
        this.arrows = arrowsInView(this.model, camera, this.selection);
        this.scroll = Math.max(0, Math.min(this.scroll, lanes.height - (this.height - RULER)));
        const top = RULER - this.scroll;
        this.visible = lanes.list.filter((lane) => lane.y + lane.height + top > RULER && lane.y + top < this.height);
        raster.clear(this.palette.pixel.paper);
        painter.begin(this.scale);
        for (const lane of this.visible)
            painter.lane(lane, lane.y + top);
        context.putImageData(raster.image, 0, 0);
        context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
        context.font = this.font;
        context.textBaseline = "middle";
        this.drawLabels();
        drawRacePoints(this, top);
        this.drawArrows(top);
        drawSelection(this, top);
        drawGutter(this, top);
        drawRuler(context, this.model, camera, this.palette, RULER);
        this.frames++;
        for (const then of this.after)
            then();
    }

    // Names in the boxes that have room for them.
    drawLabels() {
        const {context, painter, palette} = this;
        context.fillStyle = palette.css.label;
        for (const {x, y, width, height, text} of painter.labels) {
            const left = Math.max(x, this.camera.left);
            // A box inside this one has a name as well: this name ends where that one begins.
            const inner = painter.labels.filter((other) => other.y > y && other.y < y + height && other.x >= x && other.x < x + width);
            const right = Math.min(x + width, this.width, ...inner.map((other) => other.x));
            const fits = fitText(context, text, right - left - 8);
            if (fits)
                context.fillText(fits, left + 4, y + height / 2 + 0.5);
        }
    }

    drawArrows(top) {
        const {context, camera} = this, anyStrong = this.arrows.some((arrow) => arrow.strong);
        context.save();
        context.beginPath();
        context.rect(camera.left, RULER, camera.width, this.height - RULER);
        context.clip();
        this.arrowsDrawn = this.arrows.filter((arrow) => this.arrowPainter.draw(arrow, top, anyStrong));
        context.restore();
    }
}

// As much of a text as fits; nothing rather than two letters.
function fitText(context, text, room) {
    const width = context.measureText(text).width;
    if (width <= room)
        return text;
    const letters = Math.floor(text.length * room / width) - 1;
    return letters >= 4 ? text.slice(0, letters) + "…" : "";
}
