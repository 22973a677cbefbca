// Search: tasks, locks, kinds of events, places in the code, addresses, `fault 858`, `R06`, and any text or number in a field.

const MOST_HITS = 5000;

// What a query may mean as a number: 0xf01d3e00, f01d3e00, 858, R06.
function numberIn(query) {
    if (/^r\d\d$/i.test(query))
        return Number(query.slice(1));
    if (/^0x[0-9a-f]+$/i.test(query) || /^[0-9a-f]{8}$/i.test(query))
        return parseInt(query.replace(/^0x/i, ""), 16) >>> 0;
    const last = query.match(/^(?:\D*\s)?(\d+)$/);
    return last ? Number(last[1]) : null;
}

// A test of one kind's rows, or null when none can match: its name, or its fields.
function kindMatcher(model, kind, number, words, texts) {
    const {name, fields} = model.kinds[kind];
    if (name.includes(words))
        return () => true;
    const tests = [];
    const race = /^r\d\d$/.test(words), fault = words.match(/^fault\s+(\d+)$/);
    for (const field of fields) {
        const column = () => model.field(kind, field.name);
        if (field.how === "text" || field.how === "symbol") {
            if (texts.size)
                tests.push([column(), (value) => texts.has(value)]);
        } else if (number !== null && (race ? name === "race_point" && field.name === "race"
                   : fault ? name === "fault_phase" && field.name === "fault" : field.how === "hex" || String(number) === words)) {
            tests.push([column(), (value) => value >>> 0 === number]);
        } else if (Array.isArray(field.how)) {
            const bits = field.how.filter(([, text]) => text.toLowerCase() === words).map(([value]) => value);
            if (bits.length)
                tests.push([column(), (value) => field.symbolic ? bits.includes(value) : (value & bits[0]) !== 0]);
        }
    }
    return tests.length ? (row) => tests.some(([column, matches]) => matches(column[row])) : null;
}

// {tasks, locks, events, total}: places in the tables; events in the order of time, MOST_HITS at the most.
function search(model, query) {
    const words = query.trim().toLowerCase(), number = numberIn(words);
    const found = {tasks: [], locks: [], events: [], total: 0};
    if (!words)
        return found;
    model.tasks.forEach((task, i) => model.taskName(i).toLowerCase().includes(words) && found.tasks.push(i));
    model.locks.forEach((lock, i) => (lock.name.toLowerCase().includes(words) || lock.address === number) && found.locks.push(i));
    const texts = new Set();
    model.strings.forEach((text, i) => text.toLowerCase().includes(words) && texts.add(i));
    const matchers = model.kinds.map((_, kind) => kindMatcher(model, kind, number, words, texts));
    const {kind, row, time} = model.event;
    for (let e = 0; e < time.length; e++) {
        const matches = matchers[kind[e]];
        if (matches && matches(row[e]) && found.total++ < MOST_HITS)
            found.events.push(e);
    }
    return found;
}

function searchResults(app, query, found) {
    const {model} = app, pick = (type) => (i) => make("button", {class: "link", onclick: () => app.select({type, index: i}, true)},
                                                      type === "task" ? model.taskName(i) : `${model.lockName(i)} ${hex(model.locks[i].address)}`);
    const things = [...found.tasks.filter((t) => !model.isIdle(t)).slice(0, 12).map(pick("task")), ...found.locks.slice(0, 12).map(pick("lock"))];
    const note = `“${query}”: ${plural(found.total, "event")}` + (found.total > EVENT_ROWS ? `, the first ${EVENT_ROWS} listed.` : ".");
    return [things.length ? make("p", {class: "note"}, "Tasks and locks: ", things.flatMap((thing) => [thing, " "])) : null,
            ...eventsTable(app, found.events.slice(0, EVENT_ROWS), note)];
}
