// The whole trace in a strip: how busy the CPUs were (grey), how many waited (red), what is in view (a frame to drag).

class Overview {
    constructor(canvas, model, camera, palette) {
        Object.assign(this, {canvas, model, camera, palette, backdrop: document.createElement("canvas")});
        canvas.addEventListener("pointerdown", (event) => this.grab(event));
    }

    resize() {
        const scale = devicePixelRatio || 1, box = this.canvas.getBoundingClientRect();
        this.width = box.width;
        this.height = box.height;
        for (const canvas of [this.canvas, this.backdrop]) {
            canvas.width = Math.round(box.width * scale);
            canvas.height = Math.round(box.height * scale);
            canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
        }
        this.paintBackdrop();
    }

    x(t) {
        return GUTTER + t / this.model.length * (this.width - GUTTER - 12);
    }

    t(x) {
        return (x - GUTTER) / (this.width - GUTTER - 12) * this.model.length;
    }

    // Drawn once for each size and theme; a frame then copies it.
    paintBackdrop() {
        const {model, palette, height} = this, context = this.backdrop.getContext("2d"), {css} = palette;
        context.fillStyle = css.paper;
        context.fillRect(0, 0, this.width, height);
        context.fillStyle = css.faint;
        context.font = "11px " + getComputedStyle(document.body).fontFamily;
        context.textBaseline = "middle";
        context.fillText("whole trace, " + duration(model.length), 12, height / 2);
        const half = (height - 6) / 2, right = this.x(model.length);
        const columns = [];
        for (let x = GUTTER; x < right; x++) {
            const from = this.t(x), to = this.t(x + 1);
            const busy = model.cpuRuns.reduce((sum, band) => sum + (band.length ? band.share(from, to) : 0), 0) / model.cpus;
            columns.push([x, busy, model.lockQueues.reduce((sum, queue) => sum + (queue.most ? queue.mean(from, to) : 0), 0)]);
        }
        const most = Math.max(1, ...columns.map(([, , waiting]) => waiting));
        for (const [x, busy, waiting] of columns) {
            context.fillStyle = css.asleep;
            context.fillRect(x, 3 + half * (1 - busy), 1, half * busy);
            context.fillStyle = css.wait;
            context.fillRect(x, height - 3 - waiting / most * half, 1, waiting / most * half);
        }
    }

    draw(hits) {
        const context = this.canvas.getContext("2d"), {css} = this.palette, {camera, height} = this;
        context.drawImage(this.backdrop, 0, 0, this.width, height);
        context.fillStyle = css.select;
        for (const time of hits)
            context.fillRect(this.x(time), 0, 1, 4);
        const from = Math.max(this.x(camera.from), GUTTER), to = Math.max(Math.min(this.x(camera.to), this.width - 2), from + 3);
        context.fillStyle = css.paper;
        context.globalAlpha = 0.6;
        context.fillRect(GUTTER, 0, from - GUTTER, height);
        context.fillRect(to, 0, this.width - to, height);
        context.globalAlpha = 1;
        context.strokeStyle = css.select;
        context.lineWidth = 1.5;
        context.strokeRect(from, 1, to - from, height - 2);
    }

    // A click goes there; a drag takes the frame along.
    grab(event) {
        const move = ({offsetX}) => {
            const middle = this.t(offsetX), half = this.camera.span / 2;
            this.camera.set(middle - half, middle + half);
        };
        move(event);
        this.canvas.setPointerCapture(event.pointerId);
        this.canvas.addEventListener("pointermove", move);
        this.canvas.addEventListener("pointerup", () => this.canvas.removeEventListener("pointermove", move), {once: true});
    }
}
