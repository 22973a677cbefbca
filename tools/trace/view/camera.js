// Which stretch of time is in view. Everything that moves it goes through here, and says so to `changed`.

const CLOSEST = 200; // nanoseconds across the whole width

class Camera {
    constructor(length, changed) {
        this.length = length;
        this.changed = changed;
        this.left = 0;      // where time begins on the screen, in pixels from the left
        this.width = 1000;  // how many pixels time has
        this.fit();
    }

    set(from, to) {
        const span = Math.min(Math.max(to - from, CLOSEST), this.length * 1.04);
        const middle = (from + to) / 2, margin = this.length * 0.02;
        this.from = Math.min(Math.max(middle - span / 2, -margin), this.length + margin - span);
        this.to = this.from + span;
        this.changed();
    }

    fit() {
        this.set(-this.length * 0.01, this.length * 1.01);
    }

    get span() {
        return this.to - this.from;
    }

    x(t) {
        return this.left + (t - this.from) / this.span * this.width;
    }

    t(x) {
        return this.from + (x - this.left) / this.width * this.span;
    }

    // `factor` below 1 goes nearer; the time under `x` stays where it is.
    zoom(factor, x = this.left + this.width / 2) {
        const t = this.t(x), span = Math.max(this.span * factor, CLOSEST), share = (t - this.from) / this.span;
        this.set(t - share * span, t + (1 - share) * span);
    }

    // By a share of what is in view.
    pan(share) {
        this.set(this.from + share * this.span, this.to + share * this.span);
    }

    // Brings a stretch of time into view with room on both sides; goes no nearer than it must.
    show(begin, end, room = 1.2) {
        const half = Math.max((end - begin) / 2 * (1 + room), CLOSEST);
        this.set((begin + end) / 2 - half, (begin + end) / 2 + half);
    }

    // Moves no more than is needed to have a moment in view.
    reveal(begin, end) {
        if (end - begin > this.span || begin < this.from || end > this.to)
            this.show(begin, end);
    }
}
