// Colours: named in theme.css, read from there, so that the canvas and the page never disagree.

const NAMED = ["paper", "lane", "band", "line", "ink", "faint", "label", "running", "runnable", "asleep", "wait", "wait-deep", "queue",
               "hold", "hold-read", "release", "shootdown", "tick", "select", "fault"];
const PHASE_TONES = {entry: "quiet", irq_on: "quiet", lookup: "lookup", pt_alloc: "make", alloc: "make", io: "io", ask: "io", relock: "lock",
                     recheck_won: "lock", recheck_lost: "lost", install: "install", flush: "flush", retry: "retry", exit: "quiet"};

// A colour as a canvas's pixel holds it: red in the lowest byte.
function packed(r, g, b) {
    return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
}

class Palette {
    constructor(model) {
        this.model = model;
        this.probe = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        this.refresh();
    }

    // Reads the theme that is on now.
    refresh() {
        const style = getComputedStyle(document.documentElement);
        this.css = {};
        this.mixes = new Map();
        for (const name of NAMED)
            this.css[name] = style.getPropertyValue("--" + name).trim();
        const light = style.getPropertyValue("--task-light").trim(), chroma = style.getPropertyValue("--task-chroma").trim();
        this.taskCss = this.model.tasks.map((_, i) => `oklch(${light} ${chroma} ${(i * 137.508 + 200) % 360})`);
        this.phaseCss = this.model.meta.phases.map((phase) =>
            style.getPropertyValue(`--phase-${PHASE_TONES[phase] || "quiet"}`).trim());
        this.pixel = Object.fromEntries(NAMED.map((name) => [name, this.pack(this.css[name])]));
        this.task = Uint32Array.from(this.taskCss, (css) => this.pack(css));
        this.phase = Uint32Array.from(this.phaseCss, (css) => this.pack(css));
    }

    pack(css) {
        this.probe.fillStyle = css;
        this.probe.fillRect(0, 0, 1, 1);
        return packed(...this.probe.getImageData(0, 0, 1, 1).data);
    }

    // `color` over the lane, as strong as the share that it stands for (seventeen steps are enough for the eye).
    faded(color, share) {
        const step = Math.min(16, Math.max(share > 0 ? 4 : 0, Math.ceil(share * 16)));
        if (step === 16)
            return color;
        const key = color * 32 + step;
        let mixed = this.mixes.get(key);
        if (mixed === undefined) {
            const under = this.pixel.lane, part = (shift) =>
                ((color >> shift & 255) * step + (under >> shift & 255) * (16 - step)) >> 4;
            mixed = packed(part(0), part(8), part(16));
            this.mixes.set(key, mixed);
        }
        return mixed;
    }
}
