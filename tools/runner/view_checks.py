"""What the page must show and do. Each check gets the page freshly loaded, and compares it with what Python says of the trace
(tools/trace/analysis), with the kernel's own lock report, and with trace-cmd."""

import collections

from tools.runner.lock_report import parse
from tools.runner.trace_reading import Failure, read_events
from tools.trace.analysis.figures import phase_figures
from tools.trace.analysis.holders import chain_of, holder_time, holders_of
from tools.trace.analysis.path import critical_path

MANY = 60  # waits and faults that are compared one by one


def expect(what, found, wanted):
    """Both must be the same."""
    if found != wanted:
        raise Failure(f"{what}: {str(found)[:300]} instead of {str(wanted)[:300]}")


def longest_waits(study):
    """As the page ranks them."""
    return sorted(study.waits, key=lambda wait: (-wait.length, wait.index))[:MANY]


def settled(browser):
    """Waits until what was asked for has been drawn."""
    browser.wait_for("!faultline.stage.waiting")


def opens(subject, browser):
    """No word on the console; every event is there, of each kind as many as trace-cmd reads."""
    browser.screenshot(subject.config.path("trace-view.png"))
    counts = dict(collections.Counter(event[4] for event in read_events(subject.path)))
    expect("events by kind", browser.run("return Object.fromEntries(faultline.model.kinds.map((k) => [k.name, k.count]))"), counts)
    expect("complaints on the console", browser.complaints(), [])


def lane_of(pid, cpu):
    """An idle task has no lane but its CPU's."""
    return pid if pid > 0 else f"cpu:{cpu}"


def arrows(subject, browser):
    """From each of the longest waits to who held it, and from who let go last to the waiter; drawn where these lanes are."""
    study = subject.study
    for wait in longest_waits(study):
        holders = [lane_of(h.task, max(h.cpu, 0)) for h in holders_of(study, wait) if h.task >= 0]
        seen = browser.run("""
            const app = faultline, w = arguments[0], lane = (key) => key.startsWith("cpu") ? key : app.model.tasks[+key.split(":")[1]].pid;
            app.select({type: "wait", index: w}, true);
            app.stage.draw();
            return app.stage.arrowsDrawn.filter((arrow) => arrow.wait === w).map((arrow) => {
                const y = app.stage.arrowPainter.ends(arrow);
                return [arrow.kind, lane(arrow.from), lane(arrow.to), ...y.map((height) => lane(app.lanes.at(height).key))];
            });""", wait.index)
        for kind, source, target, drawn_from, drawn_to in seen:
            expect(f"wait {wait.index}: the lanes that its {kind} arrow is drawn between", [drawn_from, drawn_to], [source, target])
        waiter = lane_of(wait.task, wait.cpu)
        to_holder = [arrow[1:3] for arrow in seen if arrow[0] == "holder"]
        if holders and waiter != holders[0]:
            expect(f"wait {wait.index}: its arrow to the holder", to_holder, [[waiter, holders[0]]])
        expect(f"wait {wait.index}: where its release arrow ends", [a[2] for a in seen if a[0] == "release"],
               [waiter] * sum(a[0] == "release" for a in seen))


def analyses(subject, browser):
    """Holders, their time, chains and critical paths: the page's are Python's."""
    study = subject.study
    for wait in longest_waits(study):
        page = browser.run("""
            const {ask, model} = faultline, w = arguments[0], pid = (task) => model.tasks[task].pid;
            return [ask.chainOf(model, w).map((link) => [link.wait, link.holder ? pid(link.holder.task) : -1]), ask.holderTime(model, w)];
            """, wait.index)
        expect(f"the chain of wait {wait.index}", page[0], [[link.wait.index, link.holder.task if link.holder else -1]
                                                             for link in chain_of(study, wait)])
        times = holder_time(study, wait)
        expect(f"the holders' time of wait {wait.index}", page[1], {state: times.get(state, 0) for state in page[1]})
    slowest = sorted(range(len(study.faults)), key=lambda n: -study.faults[n].length)[:MANY]
    for number in slowest:
        path = browser.run("const {ask, model} = faultline; return ask.criticalPath(model, arguments[0]).map((s) => "
                           "[s.begin, s.end, model.meta.phases[s.phase], s.state, s.wait])", number)
        expect(f"the critical path of fault {number}", path,
               [[s.begin, s.end, s.phase, s.state, s.wait.index if s.wait else -1] for s in critical_path(study, study.faults[number])])


def lock_table(subject, browser):
    """The table's contentions are the kernel's own, lock by lock, and their sum is the trace's."""
    browser.press("1")
    rows = browser.run("""return [...document.querySelectorAll("#lock-table tbody tr")].map((row) =>
        [row.cells[0].textContent, ...[2, 8].map((i) => row.cells[i].textContent.replace(/,/g, ""))])""")
    page = {name: int(contentions) for name, contentions, _ in rows if contentions != "0"}
    kernel = {row.name: row.contentions for row in parse(subject.outcome.lock_report) if row.contentions}
    expect("contentions by lock", page, kernel)
    ended = subject.study.counts["contention_end"]
    expect("the sum of contentions", sum(page.values()), ended)
    acquisitions = {row.name: int(row.numbers[7]) for row in parse(subject.outcome.lock_report)}
    for name, _, acquired in rows:
        if name.startswith("mmap_lock") and int(acquired) > acquisitions[name]:
            raise Failure(f"{name}: {acquired} acquisitions in the page; the kernel counted {acquisitions[name]}")


def search(subject, browser):
    """A lock's name, a race point, a function: as many events as Python finds; Enter goes to the first."""
    events = subject.trace.events()
    texts = {"mmap_lock": lambda e: "mmap_lock" in e.event or any(isinstance(v, str) and "mmap_lock" in v for v in e[4:]),
             "R06": lambda e: e.event == "race_point" and e.race == 6,
             "region_enter_shared": lambda e: any(subject.trace.symbol(getattr(e, f)).startswith("region_enter_shared")
                                                  for f in ("ip", "lock_addr") if hasattr(e, f))}
    for query, matches in texts.items():
        browser.press("/")
        browser.run("document.activeElement.value = ''")
        browser.press(*query)
        found = browser.run("return [document.activeElement.id, faultline.hits.query, faultline.hits.found.total]")
        expect(f"search for {query}", found, ["search", query, sum(map(matches, events))])
        browser.press("Enter", "Escape")
        at = browser.run("return [faultline.selection.type, faultline.selection.index]")
        expect(f"the first event that {query} found", at, ["event", next(i for i, e in enumerate(events) if matches(e))])


def who_runs(subject, browser):
    """At many moments, on each CPU: the task that the switches say."""
    running, wanted, moments = {}, [], []
    events = subject.trace.events()
    for number, event in enumerate(events[:-1]):
        if event.event == "sched_switch":
            running[event.cpu] = event.next_pid
        if number % (len(events) // 300) == 0 and len(running) == subject.trace.cpus and event.ns < events[number + 1].ns:
            moments.append(event.ns)
            wanted.append([running[cpu] for cpu in range(subject.trace.cpus)])
    found = browser.run("""
        const {model} = faultline;
        return arguments[0].map((ns) => model.cpuRuns.map((band) => {
            const i = band.firstAfter(ns);
            return i < band.length && band.begin[i] <= ns ? model.tasks[model.run.task[band.item[i]]].pid : 0;
        }));""", moments)
    for moment, page, python in zip(moments, found, wanted):
        expect(f"the tasks that run at {moment} ns", page, python)


def longest(subject, browser):
    """n selects the longest wait, brings it into view and says who held it; n again the next."""
    waits = longest_waits(subject.study)
    for wait in waits[:3]:
        browser.press("n")
        settled(browser)
        seen = browser.run("const {selection, camera, model} = faultline; return [selection.type, selection.index, "
                           "camera.from <= model.wait.begin[selection.index] && camera.to >= model.wait.end[selection.index]]")
        expect("the selected wait", seen, ["wait", wait.index, True])
        text = browser.run("return document.getElementById('panel').innerText")
        for words in (subject.trace.task(wait.task) if wait.task > 0 else "idle", wait.name, "WHO HELD IT"):
            if words.lower() not in text.lower():
                raise Failure(f"the panel of wait {wait.index} does not say {words!r}: {text[:200]!r}")


def permalink(subject, browser):
    """The address names view and selection; whoever opens it sees the same."""
    browser.press("n", "n", "w")
    browser.wait_for("location.hash.includes('wait=') && location.hash === faultline.ask.linkOf(faultline)")
    state = "return [faultline.selection, Math.round(faultline.camera.from / 10), Math.round(faultline.camera.to / 10), location.hash]"
    before = browser.run(state)
    for part in ("t=", "&lock="):
        if part not in before[3]:
            raise Failure(f"the link is {before[3]}")
    after = subject.open(browser, before[3]).run(state)
    expect("view and selection of the link", after[:3], before[:3])
    name = subject.study.waits[before[0]["index"]].name
    lock = subject.open(browser, f"#lock={name}").run("return faultline.model.lockName(faultline.selection.index)")
    expect("the lock that a link selects", lock, name)
    nothing = subject.open(browser, "#t=x-y&wait=99999999&lock=nosuchlock").run("return faultline.selection")
    expect("what a link selects that names nothing", nothing, None)


def keyboard(subject, browser):
    """Each key that the list names does something, and ? shows the list."""
    view = "return [faultline.camera.from, faultline.camera.span]"

    def pressed(key, script):
        browser.press(key)
        settled(browser)
        return browser.run(script)

    whole = browser.run(view)
    near = pressed("w", view)
    expect("w goes nearer", near[1] < whole[1], True)
    expect("d goes later", pressed("d", view)[0] > near[0], True)
    pressed("a", view)
    expect("s goes farther", pressed("s", view)[1] > near[1], True)
    expect("0 shows the whole trace", pressed("0", view), whole)
    tab = "return document.querySelector('[data-tab][aria-selected=true]').dataset.tab"
    expect("1 2 3 4 open tables", [pressed(key, tab) for key in "2341"], ["waits", "faults", "events", "locks"])
    expect("f selects a fault", pressed("f", "return faultline.selection.type"), "fault")
    kind = "return faultline.selection.type"
    expect("b goes back", [pressed("n", kind), pressed("b", kind)], ["wait", "fault"])
    expect("? opens the list", pressed("?", "return document.getElementById('help').open"), True)
    named = browser.run("return [...document.querySelectorAll('#keys kbd')].map((k) => k.textContent)")
    expect("keys that the list names", {"n", "p", "h", "f", "/", "?", "t", "←", "→", "w", "s"} <= set(named), True)
    expect("Escape closes it", pressed("Escape", "return document.getElementById('help').open"), False)
    expect("Escape selects nothing", pressed("Escape", "return faultline.selection"), None)


def theme(subject, browser):
    """Dark where the system is dark; the key turns it round; the lanes follow."""
    light = "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number); return r + g + b > 384"
    pixel = "const p = faultline.stage.raster.pixels; return (p[p.length - 1] & 255) > 128"
    browser.dark(True)
    subject.open(browser)
    expect("light, the system being dark", [browser.run(light), browser.run(pixel)], [False, False])
    browser.screenshot(subject.config.path("trace-view-dark.png"))
    browser.press("t")
    settled(browser)
    expect("light after t", [browser.run(light), browser.run(pixel)], [True, True])
    browser.dark(False)


def histograms(subject, browser):
    """Count, p50, p99 and longest of each fault phase are the report's."""
    browser.press("3")
    figures = phase_figures(subject.study.faults)
    page = browser.run("return Object.fromEntries(faultline.model.meta.histograms.map((h) => "
                       "[h.phase, [h.count, h.p50, h.p99, h.max, h.total]]))")
    expect("figures by phase", page, {phase: list(row) for phase, row in figures.items()})
    shown = browser.run("return [...document.querySelectorAll('#phase-table tbody tr')].map((r) => [r.cells[0].textContent, "
                        "r.cells[1].textContent.replace(/,/g, ''), r.querySelectorAll('rect').length > 0])")
    expect("the table of phases", shown, [[phase, str(row.count), True] for phase, row in figures.items()])


CHECKS = {
    "opens": ("no error, and every event that trace-cmd reads", opens),
    "who runs": ("each CPU's lane shows the task that was switched to", who_runs),
    "arrows": ("lead from the waiter's lane to the holder's, and from the release to the waiter", arrows),
    "analyses": ("holders, their time, chains, critical paths are those of the reports", analyses),
    "lock table": ("contentions are the kernel's lock by lock, their sum the trace's", lock_table),
    "search": ("finds what Python finds", search),
    "longest wait": ("n goes through the longest waits", longest),
    "permalink": ("view and selection survive in the address", permalink),
    "keyboard": ("keys move, open, select and close", keyboard),
    "light and dark": ("by the system, and by t", theme),
    "histograms": ("count, p50, p99, longest of every fault phase", histograms),
}
