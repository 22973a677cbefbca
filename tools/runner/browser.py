"""A headless Chromium, driven through chromedriver by the W3C WebDriver protocol (https://www.w3.org/TR/webdriver2/)."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGUMENTS = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
             "--disable-dev-shm-usage", "--force-color-profile=srgb"]
KEYS = {"Escape": "\ue00c", "Enter": "\ue007", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
START_SECONDS, CALL_SECONDS = 60, 180  # a loaded machine starts a browser slowly; no verdict hangs on these


class BrowserError(Exception):
    """What the browser did not do, as one sentence."""


class Browser:
    """One browser window. Use as a context manager: it ends the processes that it started."""

    def __init__(self, width=1440, height=900, scale=1):
        self._folder = tempfile.mkdtemp(prefix="faultline-browser-")
        self._driver = self._session = None
        try:
            self._start(width, height, scale)
        except BaseException:
            self.close()
            raise

    def _start(self, width, height, scale):
        if not shutil.which("chromedriver"):
            raise BrowserError("there is no chromedriver here: Debian's package chromium-driver has it")
        log = os.path.join(self._folder, "port")
        with open(log, "wb") as out:
            self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        self._root = f"http://127.0.0.1:{self._port(log)}"
        arguments = ARGUMENTS + [f"--window-size={width},{height}", f"--force-device-scale-factor={scale}",
                                 f"--user-data-dir={self._folder}/profile"]
        arguments += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to run as root with it
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = "/session/" + answer["sessionId"]
        self._call("POST", self._session + "/timeouts", {"script": CALL_SECONDS * 1000, "pageLoad": CALL_SECONDS * 1000})

    def _port(self, log):
        """chromedriver chooses a free port and prints it."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._driver.poll() is None:
            with open(log, encoding="utf-8", errors="replace") as file:
                _, found, port = file.read().partition("successfully on port ")
            if found and "." in port:
                return int(port.split(".")[0])
            time.sleep(0.05)
        raise BrowserError("chromedriver did not start")

    def _call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._root + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business here
        try:
            with opener.open(request, timeout=CALL_SECONDS + 30) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise BrowserError(", ".join(json.load(error)["value"]["message"].splitlines()[:2])) from None
        except OSError as error:
            raise BrowserError(f"chromedriver does not answer: {error}") from None

    def open(self, url):
        """Goes to a page and waits until it is loaded."""
        self._call("POST", self._session + "/url", {"url": url})

    def run(self, script, *arguments):
        """The value that a piece of JavaScript returns."""
        return self._call("POST", self._session + "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """The value that a piece of JavaScript hands to its last argument, a function."""
        return self._call("POST", self._session + "/execute/async", {"script": script, "args": list(arguments)})

    def wait_for(self, script, *arguments):
        """Runs an expression before each frame until it is true."""
        self.run_async("const done = arguments[arguments.length - 1], check = () => "
                       f"({script}) ? done(true) : requestAnimationFrame(check); check();", *arguments)

    def press(self, *keys):
        """Types keys as a person does."""
        strokes = [{"type": way, "value": KEYS.get(key, key)} for key in keys for way in ("keyDown", "keyUp")]
        self._call("POST", self._session + "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def click(self, x, y):
        """Clicks a point of the window."""
        point = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        actions = [point, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._call("POST", self._session + "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def dark(self, on):
        """Whether the system prefers dark colours. (Not W3C's: Chromium's own command, which its driver hands on.)"""
        self._call("POST", self._session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params":
                   {"features": [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]}})

    def complaints(self):
        """What the page printed to its console as warning or error since the last call."""
        entries = self._call("POST", self._session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("WARNING", "SEVERE")]

    def screenshot(self, path):
        """The window as a PNG file."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", self._session + "/screenshot")))

    def close(self):
        """Ends the browser, its driver, and what they left on disk."""
        try:
            if self._session:
                self._call("DELETE", self._session)
        except BrowserError:
            pass
        if self._driver:
            self._driver.terminate()
            self._driver.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
