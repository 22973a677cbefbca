"""`make view-test`: the page of `make trace-view`, made of a real run's trace, in a headless Chromium; and what the tool says of
files that it cannot show. Figures of a page with a million events are printed; no verdict hangs on them."""

import os
import subprocess
import sys

from tools.runner import smp_test, trace_suite
from tools.runner.browser import Browser, BrowserError
from tools.runner.options import MIB
from tools.runner.show import say, verdict
from tools.runner.trace_reading import Failure
from tools.runner.view_checks import CHECKS
from tools.runner.view_damage import check_damaged_files
from tools.runner.view_million import check_million
from tools.trace.analysis import study_trace
from tools.trace.datfile import open_trace

WINDOW = (1440, 1000)


class Subject:
    """What the checks look at: one run's trace, what Python says of it, and its page in a browser."""

    def __init__(self, config, outcome, path):
        self.config, self.outcome, self.path = config, outcome, path
        self.trace = open_trace(path)
        self.study = study_trace(self.trace)
        self.url = make_page(path, config.path("trace.html"))
        self.browser = None

    def open(self, browser, link=""):
        """Loads the page in this browser and waits until it has drawn itself."""
        self.browser = browser
        browser.open("about:blank")  # else a link to the same page would not load it again
        browser.open(self.url + link)
        browser.wait_for("document.documentElement.dataset.ready")
        return browser


def make_page(trace, page):
    """Runs the tool; returns the page's URL."""
    done = subprocess.run([sys.executable, "-m", "tools.trace.view", trace, "-o", page], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"tools.trace.view: status {done.returncode}: {done.stderr.strip()[-300:]}")
    return "file://" + os.path.abspath(page)


def record(config):
    """One contended run on rings that lose nothing."""
    outcome, path = trace_suite.run(config.with_(memory=1024 * MIB), trace_suite.STRESS, smp_test.RECORDED, "view")
    if outcome.failed or not path:
        raise Failure(f"the run for the page failed: {outcome.broken() or outcome.failures or 'no trace'}")
    kept = config.path("trace-view.dat")
    os.replace(path, kept)  # other tests write build/trace.dat anew
    return outcome, kept


class Tally:
    """Runs checks and counts them."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, shows, function):
        """One line of TAP."""
        try:
            figures = function()
            self.passed += 1
            say(f"ok - {name}: {shows}" + (f"\n# {figures}" if figures else ""))
        except (Failure, BrowserError) as failure:
            self.failed += 1
            say(f"not ok - {name}: {shows}\n# {failure}")

    def skip(self, name, shows, why):
        """What this machine cannot run."""
        self.skipped += 1
        say(f"ok - {name}: {shows} # SKIP {why}")


def run_in_browser(tally, subject):
    """Everything that needs the browser, each check with the page as it comes up."""
    try:
        browser = Browser(*WINDOW)
    except BrowserError as error:
        for name, (shows, _) in CHECKS.items():
            tally.skip(name, shows, str(error))
        return
    with browser:
        for name, (shows, check) in CHECKS.items():
            tally.check(name, shows, lambda check=check: check(subject, subject.open(browser)))
        tally.check("million", "1,000,000 events: what is drawn depends on the window, not on the trace",
                    lambda: check_million(subject, browser, make_page))
        browser.screenshot(subject.config.path("trace-view-million.png"))


def main(config):
    """The command."""
    config = config.with_(cpus=max(2, config.cpus), boot="")
    tally = Tally()
    try:
        subject = Subject(config, *record(config))
    except Failure as failure:
        say(f"not ok - record: a run to look at\n# {failure}")
        verdict(0, 1)
        return 1
    tally.check("damaged", "damaged and foreign traces: one sentence and status 1", lambda: check_damaged_files(config, subject.path))
    run_in_browser(tally, subject)
    verdict(tally.passed, tally.failed, tally.skipped)
    return 1 if tally.failed else 0
