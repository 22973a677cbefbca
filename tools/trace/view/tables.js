// The drawer below: lock statistics, longest waits, faults with their histograms, events.

const SHOWN_ROWS = 200;

// columns: [{head, text(row), sort(row)?, number?, title?}]; a click on a head sorts by it.
function sortableTable(id, columns, rows, onPick) {
    const body = make("tbody"), state = {column: -1, down: true};
    const fill = () => {
        const {column, down} = state, key = column >= 0 ? columns[column].sort || columns[column].text : null;
        const sorted = key ? [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (down ? -1 : 1)) : rows;
        body.replaceChildren(...sorted.slice(0, SHOWN_ROWS).map((row) => make("tr", {onclick: onPick ? () => onPick(row) : null,
                class: onPick ? "pick" : null},
            columns.map((c) => make("td", {class: c.number ? "number" : null}, c.text(row))))));
    };
    const heads = columns.map((c, i) => make("th", {class: c.number ? "number" : null, title: c.title || null, onclick: () => {
        state.down = state.column === i ? !state.down : true;
        state.column = i;
        fill();
    }}, c.head));
    fill();
    return make("table", {id}, make("thead", {}, make("tr", {}, heads)), body);
}

// A span's four figures: [shortest, longest, total, how many].
function spanColumns(name, field) {
    const column = (head, of) => ({head, number: true, title: `${name} ${head}`, sort: (row) => row[field] ? of(row[field]) : -1,
                                   text: (row) => row[field] ? duration(of(row[field])) : "–"});
    return [column("min", (s) => s[0]), column("max", (s) => s[1]), column("total", (s) => s[2]), column("avg", (s) => s[2] / s[3])];
}

function countColumn(head, field) {
    return {head, number: true, sort: (row) => row[field] ?? -1, text: (row) => row[field] === null ? "–" : count(row[field])};
}

function locksTable(app) {
    const {model} = app, rows = model.meta.lockrows;
    const first = (row) => model.locks.findIndex((lock) => lock.name === row.lock);
    const table = sortableTable("lock-table", [
        {head: "lock class", text: (row) => row.name}, countColumn("con-bounces", "con_bounces"), countColumn("contentions", "contentions"),
        ...spanColumns("waittime", "wait"), countColumn("acq-bounces", "acq_bounces"), countColumn("acquisitions", "acquisitions"),
        ...spanColumns("holdtime", "hold")], rows, (row) => app.select({type: "lock", index: mostWaited(model, row.lock, first(row))}, true));
    table.querySelector("thead").prepend(make("tr", {class: "over"}, make("th"), make("th", {colspan: 2}), make("th", {colspan: 4}, "waittime"),
                                                make("th", {colspan: 2}), make("th", {colspan: 4}, "holdtime")));
    const total = rows.reduce((sum, row) => sum + row.contentions, 0);
    const note = rows.some((row) => row.acquisitions !== null) ? "" :
        " Acquisitions and hold times need the lock:* events: make trace records them.";
    return [make("p", {class: "note"}, `The columns of /proc/lock_stat, counted from this trace: ${plural(total, "contention")}.` +
                 ` -R: readers.${note}`), table];
}

// Of the locks of one class, the one that was waited for most often.
function mostWaited(model, name, otherwise) {
    let best = otherwise;
    model.locks.forEach((lock, i) => {
        if (lock.name === name && model.waitsOfLock[i].items.length > model.waitsOfLock[best].items.length)
            best = i;
    });
    return best;
}

function waitsTable(app) {
    const {model} = app, {wait} = model, rows = Array.from(model.longest.subarray(0, SHOWN_ROWS));
    const holder = (w) => holdersOf(model, w)[0];
    return [make("p", {class: "note"}, `The longest of ${count(wait.length)} waits. n and p go through them.`),
            sortableTable("wait-table", [
                {head: "#", number: true, text: (w) => String(model.rank[w] + 1), sort: (w) => model.rank[w]},
                {head: "waited", number: true, text: (w) => duration(wait.end[w] - wait.begin[w]), sort: (w) => wait.end[w] - wait.begin[w]},
                {head: "lock", text: (w) => model.lockName(wait.lock[w])}, {head: "waiter", text: (w) => model.taskName(wait.task[w])},
                {head: "asked in", text: (w) => model.strings[wait.place[w]] || "–"},
                {head: "held by", text: (w) => holder(w) ? model.taskName(holder(w).task) : "–"},
                {head: "taken in", text: (w) => holder(w) && model.strings[holder(w).place] || "–"},
                {head: "at", number: true, text: (w) => model.seconds(wait.begin[w]) + " s", sort: (w) => wait.begin[w]}],
            rows, (w) => app.select({type: "wait", index: w}, true))];
}

function faultsTable(app) {
    const {model} = app, {fault} = model, length = (f) => fault.end[f] - fault.begin[f];
    const rows = Array.from({length: fault.length}, (_, f) => f).sort((a, b) => length(b) - length(a)).slice(0, SHOWN_ROWS);
    return [make("div", {class: "two"}, make("div", {}, make("p", {class: "note"}, `The slowest of ${count(fault.length)} page faults.`),
        sortableTable("fault-table", [
            {head: "took", number: true, text: (f) => duration(length(f)), sort: length},
            {head: "task", text: (f) => model.taskName(fault.task[f])}, {head: "fault", number: true, text: (f) => String(fault.number[f])},
            {head: "address", text: (f) => hex(fault.address[f])}, {head: "", text: (f) => fault.code[f] & 2 ? "write" : "read"},
            {head: "ended", text: (f) => model.strings[fault.outcome[f]]}],
        rows, (f) => app.select({type: "fault", index: f}, true))), make("div", {}, histograms(app)))];
}
