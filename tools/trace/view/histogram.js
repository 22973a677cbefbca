// Latency of each fault phase: a bar for each power of two, and the figures that people quote.

const BAR = 5;

function histograms(app) {
    const rows = app.model.meta.histograms;
    const lowest = Math.min(...rows.flatMap((row) => row.bins.map(([n]) => n))), highest = Math.max(...rows.flatMap((row) => row.bins.map(([n]) => n)));
    const figure = (ns) => make("td", {class: "number"}, duration(ns));
    const table = make("table", {id: "phase-table"},
        make("thead", {}, make("tr", {}, ["phase", "count", "p50", "p99", "max", `${duration(2 ** lowest)} … ${duration(2 ** (highest + 1))}`]
            .map((head, i) => make("th", {class: i > 0 && i < 5 ? "number" : null}, head)))),
        make("tbody", {}, rows.map((row) => make("tr", {title: row.step},
            make("td", {}, phaseDot(app, row.phase), row.phase), make("td", {class: "number"}, count(row.count)), figure(row.p50), figure(row.p99),
            figure(row.max), make("td", {}, bars(row.bins, lowest, highest))))));
    return [make("p", {class: "note"}, "Time from the mark before, for each phase of a fault; each bar is twice as long a time as the one before."), table];
}

function phaseDot(app, phase) {
    const place = app.model.meta.phases.indexOf(phase);
    return make("i", {class: "dot", style: `background:${place < 0 ? "var(--fault)" : app.palette.phaseCss[place]}`});
}

function bars(bins, lowest, highest) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), most = Math.max(...bins.map(([, n]) => n));
    svg.setAttribute("width", (highest - lowest + 1) * (BAR + 1));
    svg.setAttribute("height", 20);
    for (const [n, times] of bins) {
        const bar = document.createElementNS(svg.namespaceURI, "rect"), title = document.createElementNS(svg.namespaceURI, "title");
        const height = Math.max(1, 20 * times / most);
        for (const [name, value] of Object.entries({x: (n - lowest) * (BAR + 1), y: 20 - height, width: BAR, height}))
            bar.setAttribute(name, value);
        title.textContent = `${duration(2 ** n)} to ${duration(2 ** (n + 1))}: ${count(times)}`;
        bar.append(title);
        svg.append(bar);
    }
    return svg;
}
