"""A page with a million events: how fast it loads and moves (printed), and how much it draws (checked)."""

from tools.runner.trace_reading import Failure
from tools.trace import lengthen
from tools.trace.datfile import open_trace

EVENTS = 1_000_000
FRAMES = 120
# Zooms in and out and pans, one step for each frame that the browser shows; resolves to the milliseconds between frames.
MOVE = """
const [frames, done] = arguments, app = faultline, times = [], boxes = [];
let last = 0, n = 0;
function step(now) {
    if (n > 0)
        times.push(now - last);
    boxes.push(app.stage.raster.boxes);
    last = now;
    if (n++ === frames)
        return done({times, most: Math.max(...boxes), width: app.stage.canvas.width,
                     lanes: app.stage.height / 12});
    if (n < frames / 2)
        app.camera.zoom(n % 40 < 20 ? 0.8 : 1.25);
    else
        app.camera.pan(n % 40 < 20 ? 0.04 : -0.04);
    requestAnimationFrame(step);
}
app.camera.fit();
requestAnimationFrame(step);
"""


def check_million(subject, browser, make_page):
    """Returns the figures as a sentence."""
    long_trace, page = subject.config.path("log", "million.dat"), subject.config.path("log", "million.html")
    data, events = lengthen.lengthen(open_trace(subject.path), EVENTS)
    with open(long_trace, "wb") as file:
        file.write(data)
    url = make_page(long_trace, page)
    browser.open("about:blank")
    browser.open(url)
    browser.wait_for("document.documentElement.dataset.ready")
    loaded = browser.run("return [faultline.loadTime, performance.now(), faultline.model.event.time.length]")
    if loaded[2] != events:
        raise Failure(f"the page has {loaded[2]} events of {events}")
    moved = browser.run_async(MOVE, FRAMES)
    # Each line of boxes in each lane may take a box a pixel column, whatever the trace holds.
    if moved["most"] > moved["width"] * moved["lanes"]:
        raise Failure(f"{moved['most']} boxes were drawn in one frame on {moved['width']} columns")
    if browser.complaints():
        raise Failure("the page complained")
    times = sorted(moved["times"])
    mean = sum(times) / len(times)
    return (f"{events:,} events: loaded in {loaded[1] / 1000:.2f} s ({loaded[0] / 1000:.2f} s of it the page's own), "
            f"{1000 / mean:.0f} frames a second while zooming and panning (median frame {times[len(times) // 2]:.0f} ms, "
            f"slowest {times[-1]:.0f} ms), at most {moved['most']:,} boxes a frame")
