// Keys. `?` lists them from this one table.

const KEYS = [
    ["Move", [
        [["ArrowLeft", "a"], "earlier", (app) => app.camera.pan(-0.2)],
        [["ArrowRight", "d"], "later", (app) => app.camera.pan(0.2)],
        [["ArrowUp"], "lanes up", (app) => app.stage.scrollTo(app.stage.scroll - 60)],
        [["ArrowDown"], "lanes down", (app) => app.stage.scrollTo(app.stage.scroll + 60)],
        [["w", "+", "="], "nearer", (app) => app.camera.zoom(0.7)],
        [["s", "-"], "farther", (app) => app.camera.zoom(1 / 0.7)],
        [["z"], "nearer to what is selected", (app) => app.showSelection()],
        [["0"], "the whole trace", (app) => app.camera.fit()],
    ]],
    ["Waits", [
        [["n"], "next longest wait", (app) => stepWait(app, 1)],
        [["p"], "previous longest wait", (app) => stepWait(app, -1)],
        [["]"], "next wait of the same lock", (app) => stepSameLock(app, 1)],
        [["["], "previous wait of the same lock", (app) => stepSameLock(app, -1)],
        [["h"], "to the holder: its own wait, its hold, or its task", goToHolder],
        [["f"], "next slowest fault", (app) => stepFault(app, 1)],
        [["b", "Backspace"], "back to what was selected before", back],
    ]],
    ["Page", [
        [["/"], "search", () => byId("search").focus()],
        [["Enter"], "next place that the search found", (app) => stepHit(app, 1)],
        [["1"], "locks", (app) => app.openTab("locks")],
        [["2"], "waits", (app) => app.openTab("waits")],
        [["3"], "faults and histograms", (app) => app.openTab("faults")],
        [["4"], "events in view", (app) => app.openTab("events")],
        [["e"], "all lanes, or only those that do something in view", (app) => app.toggleEverything()],
        [["c"], "copy the link to this view", (app) => app.copyLink()],
        [["t"], "light or dark", (app) => app.toggleTheme()],
        [["?"], "this list", (app) => app.toggleHelp()],
        [["Escape"], "close, then select nothing", (app) => app.escape()],
    ]],
];
const KEY_NAMES = {ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc"};

function listenToKeys(app) {
    const actions = new Map(KEYS.flatMap(([, rows]) => rows.flatMap(([keys, , action]) => keys.map((key) => [key, action]))));
    document.addEventListener("keydown", (event) => {
        const typing = event.target.closest && event.target.closest("input");
        if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape" && event.key !== "Enter"))
            return;
        const action = actions.get(event.key);
        if (!action || (event.key === "Enter" && event.target.closest && event.target.closest("button")))
            return;
        event.preventDefault();
        action(app);
    });
}

function keyList() {
    return KEYS.map(([title, rows]) => make("section", {}, make("h3", {}, title), make("dl", {}, rows.flatMap(([keys, text]) =>
        [make("dt", {}, keys.map((key) => make("kbd", {}, KEY_NAMES[key] || key))), make("dd", {}, text)]))));
}
