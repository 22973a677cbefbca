// A band is a row of spans that do not overlap, in the order of time: what one lane shows in one line of itself.
//
// `item[i]` is the span's place in the table it comes from; `sum[i]` is how long the spans before i are in all, so that
// the covered share of any stretch of time is one subtraction, however many spans lie in it. That is the level of detail:
// a frame costs a few steps for each pixel column, never one for each span.

class Band {
    constructor(items, begin, end) {
        const n = items.length;
        this.length = n;
        this.item = items;
        this.begin = new Float64Array(n);
        this.end = new Float64Array(n);
        this.sum = new Float64Array(n + 1);
        for (let i = 0, last = -Infinity; i < n; i++) {
            this.begin[i] = Math.max(begin[items[i]], last); // spans that overlap by a rounding error
            this.end[i] = last = Math.max(end[items[i]], this.begin[i]);
            this.sum[i + 1] = this.sum[i] + this.end[i] - this.begin[i];
        }
    }

    // The first span that ends after t.
    firstAfter(t) {
        return firstWhere(this.length, (i) => this.end[i] > t);
    }

    // The span at t, or the nearest one within `reach`; -1 when there is none.
    at(t, reach) {
        const i = this.firstAfter(t - reach);
        if (i >= this.length || this.begin[i] > t + reach)
            return -1;
        const next = i + 1 < this.length && this.begin[i + 1] <= t ? i + 1 : i;
        return this.end[i] < t && next !== i ? next : i;
    }

    // How much of [from, to) the spans cover, 0 to 1.
    share(from, to) {
        return (this.before(to) - this.before(from)) / (to - from);
    }

    // How long spans last in all before t.
    before(t) {
        const i = this.firstAfter(t);
        return this.sum[i] + (i < this.length ? Math.max(0, t - this.begin[i]) : 0);
    }
}

// The least i in [0, n) for which `holds(i)`, which must stay true from there on; n when there is none.
function firstWhere(n, holds) {
    let low = 0, high = n;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (holds(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// The places 0..n-1 by key, each group in its old order: [Uint32Array, ...].
function groupBy(keys, groups) {
    const sizes = new Uint32Array(groups + 1);
    for (let i = 0; i < keys.length; i++)
        sizes[keys[i] + 1]++;
    for (let g = 0; g < groups; g++)
        sizes[g + 1] += sizes[g];
    const order = new Uint32Array(keys.length), next = sizes.slice();
    for (let i = 0; i < keys.length; i++)
        order[next[keys[i]]++] = i;
    return Array.from({length: groups}, (_, g) => order.subarray(sizes[g], sizes[g + 1]));
}

// Spans that may overlap, in as many bands as needed, `most` at the most: a wait inside a wait goes into the second. What
// finds no room is left out of the drawing.
function layers(items, begin, end, most) {
    const rows = [], ends = [];
    for (const item of items) {
        let row = ends.findIndex((last) => begin[item] >= last);
        if (row < 0 && rows.length < most)
            row = rows.push([]) - 1;
        if (row < 0)
            continue;
        rows[row].push(item);
        ends[row] = end[item];
    }
    return rows.map((row) => new Band(Uint32Array.from(row), begin, end));
}

// Spans that overlap, asked which of them touch a stretch of time. They are in the order of their beginning.
class Overlapping {
    constructor(items, begin, end) {
        this.items = items;
        this.begin = begin;
        this.end = end;
        this.latest = new Float64Array(items.length); // the latest end of this span and all before it
        for (let i = 0, last = -Infinity; i < items.length; i++)
            this.latest[i] = last = Math.max(last, end[items[i]]);
    }

    // Those with a part in (from, to), in the order of their beginning.
    during(from, to) {
        const found = [];
        const after = firstWhere(this.items.length, (i) => this.begin[this.items[i]] >= to);
        for (let i = after - 1; i >= 0 && this.latest[i] > from; i--)
            if (this.end[this.items[i]] > from)
                found.push(this.items[i]);
        return found.reverse();
    }
}
