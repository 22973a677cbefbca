// The page's state and what can be done to it. Keyboard, mouse, links and tables all come through here.

const AROUND_EVENT = 50000; // nanoseconds on each side of an event that is looked up

class App {
    constructor(data) {
        this.model = new Model(data);
        this.selection = null;
        this.past = [];
        this.ask = {holdersOf, chainOf, holderTime, criticalPath, arrowsOfWait, search, eventsInView, linkOf}; // for the console and the tests
        this.hits = {query: "", events: [], at: -1};
        this.tab = "locks";
        this.camera = new Camera(this.model.length, () => this.stage && this.stage.invalidate());
        this.palette = new Palette(this.model);
        this.lanes = new Lanes(this.model);
        this.stage = new Stage(byId("lanes"), this.model, this.camera, this.lanes, this.palette);
        this.overview = new Overview(byId("overview"), this.model, this.camera, this.palette);
        this.panel = new Panel(this);
        this.stage.after.push(() => this.overview.draw(this.hits.events.slice(0, 2000).map((e) => this.model.event.time[e])));
        this.stage.after.push(() => this.settle());
    }

    start() {
        const {meta} = this.model;
        byId("title").textContent = meta.title;
        byId("summary").textContent = `${plural(this.model.cpus, "CPU")} · ${count(meta.events)} events · ${duration(this.model.length)}` +
            (meta.lost ? ` · ${count(meta.lost)} lost` : "") + (meta.damaged ? ` · ${plural(meta.damaged, "damaged page")}` : "");
        listenToKeys(this);
        listenToMouse(this);
        this.listenToPage();
        this.resize();
        this.panel.show(null);
        this.openTab("locks");
        followLink(this, location.hash);
        this.started = true;
    }

    listenToPage() {
        addEventListener("resize", () => this.resize());
        addEventListener("hashchange", () => location.hash !== this.lastLink && followLink(this, location.hash));
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
        byId("search").addEventListener("input", (event) => this.search(event.target.value));
        const clicks = {"button-theme": () => this.toggleTheme(), "button-help": () => this.toggleHelp(), "button-fit": () => this.camera.fit(),
                        "button-next": () => stepWait(this, 1), "button-previous": () => stepWait(this, -1), "button-link": () => this.copyLink(),
                        "close-help": () => this.toggleHelp(), "button-in": () => this.camera.zoom(0.7), "button-out": () => this.camera.zoom(1 / 0.7)};
        for (const [id, action] of Object.entries(clicks))
            byId(id).addEventListener("click", action);
        for (const tab of document.querySelectorAll("[data-tab]"))
            tab.addEventListener("click", () => this.openTab(tab.dataset.tab));
        byId("keys").append(...keyList());
    }

    resize() {
        this.stage.resize();
        this.overview.resize();
    }

    repaint() {
        this.palette.refresh();
        this.overview.paintBackdrop();
        this.panel.show(this.selection);
        this.openTab(this.tab);
        this.stage.invalidate();
    }

    // After the last frame of a movement: the link, and the list of what is in view.
    settle() {
        clearTimeout(this.settling);
        this.settling = setTimeout(() => {
            this.lastLink = linkOf(this);
            history.replaceState(null, "", this.lastLink);
            if (this.tab === "events")
                this.openTab("events");
        }, 150);
    }

    // `go`: bring it into view as well.
    select(selection, go = false) {
        if (this.selection && selection)
            this.past.push(this.selection);
        this.selection = this.stage.selection = selection;
        this.lanes.pinned = new Set();
        if (selection)
            this.pin(selection);
        if (selection && go)
            this.reveal();
        this.panel.show(selection);
        this.stage.invalidate();
    }

    // The lanes of the selection, and of all whom its chain leads to, stay.
    pin(selection) {
        for (const key of selectedLanes(this.stage))
            this.lanes.pinned.add(key);
        const chain = selection.type === "wait" ? chainOf(this.model, selection.index) : [];
        for (const {wait} of chain)
            for (const arrow of arrowsOfWait(this.model, wait))
                this.lanes.pinned.add(arrow.from).add(arrow.to);
    }

    extent() {
        const {type, index} = this.selection, table = this.model[type];
        if (["wait", "hold", "fault"].includes(type))
            return [table.begin[index], table.end[index]];
        return type === "event" ? [table.time[index], table.time[index]] : null;
    }

    reveal() {
        const extent = this.extent();
        if (this.selection.type === "event" && this.camera.span > AROUND_EVENT * 20)
            this.camera.show(extent[0] - AROUND_EVENT, extent[0] + AROUND_EVENT);
        else if (extent && extent[1] - extent[0] < this.camera.span * 0.05 && this.selection.type !== "event")
            this.camera.show(extent[0], Math.max(extent[1], extent[0] + 2000));
        else if (extent)
            this.camera.reveal(...extent);
        this.stage.revealLane([...selectedLanes(this.stage)][0]);
    }

    showSelection() {
        const extent = this.selection && this.extent();
        if (extent)
            this.camera.show(extent[0], Math.max(extent[1], extent[0] + 2000), 0.6);
    }

    click(found) {
        if (found && found.type === "header")
            this.fold(found.index);
        else
            this.select(found);
    }

    fold(group) {
        if (!this.lanes.closed.delete(group))
            this.lanes.closed.add(group);
        this.stage.invalidate();
    }

    search(query) {
        const found = search(this.model, query);
        this.hits = {query, events: found.events, at: -1, found};
        this.openTab(query.trim() ? "search" : this.tab === "search" ? "locks" : this.tab);
        this.stage.invalidate();
    }

    openTab(name) {
        this.tab = name;
        for (const tab of document.querySelectorAll("[data-tab]"))
            tab.setAttribute("aria-selected", tab.dataset.tab === name);
        document.querySelector("[data-tab=search]").hidden = !this.hits.query.trim();
        const parts = {locks: () => locksTable(this), waits: () => waitsTable(this), faults: () => faultsTable(this), events: () => eventsInView(this),
                       search: () => searchResults(this, this.hits.query, this.hits.found)}[name]();
        byId("drawer").replaceChildren(...parts.filter(Boolean));
    }

    toggleTheme() {
        const root = document.documentElement;
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
        this.repaint();
    }

    toggleEverything() {
        this.lanes.everything = !this.lanes.everything;
        this.stage.invalidate();
    }

    toggleHelp() {
        const help = byId("help");
        help.open ? help.close() : help.showModal();
    }

    copyLink() {
        this.lastLink = linkOf(this);
        history.replaceState(null, "", this.lastLink);
        if (navigator.clipboard)
            navigator.clipboard.writeText(location.href).catch(() => {});
        byId("button-link").classList.add("done");
        setTimeout(() => byId("button-link").classList.remove("done"), 800);
    }

    escape() {
        if (byId("help").open)
            byId("help").close();
        else if (document.activeElement === byId("search"))
            byId("search").blur();
        else
            this.select(null);
    }
}

async function main() {
    const began = performance.now();
    try {
        const app = window.faultline = new App(await unpack(byId("trace").textContent));
        app.start();
        byId("trace").remove();
        requestAnimationFrame(() => setTimeout(() => {
            app.loadTime = performance.now() - began;
            document.documentElement.dataset.ready = "yes";
        }));
    } catch (error) {
        byId("panel").replaceChildren(make("p", {class: "alarm"}, `This page cannot show its trace: ${error.message}`));
        throw error;
    }
}

main();
