// Numbers and elements as people read them.

// Three digits and a unit: 812 ns, 12.3 µs, 4.56 ms.
function duration(ns) {
    for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]])
        if (ns >= size * 0.9995)
            return (ns / size).toPrecision(3).replace(/e\+3$/, "00") + "\u202f" + unit;
    return Math.round(ns) + "\u202fns";
}

function count(n) {
    return n.toLocaleString("en-US");
}

function hex(n) {
    return "0x" + (n >>> 0).toString(16).padStart(8, "0");
}

// One thing, two things.
function plural(n, thing) {
    return `${count(n)} ${thing}${n === 1 ? "" : "s"}`;
}

// make("td", {class: "number", onclick: f}, "text", element, ...): strings become text, never markup.
function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
        if (name.startsWith("on"))
            element.addEventListener(name.slice(2), value);
        else if (value !== null && value !== undefined && value !== false)
            element.setAttribute(name, value === true ? "" : value);
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

function byId(id) {
    return document.getElementById(id);
}
