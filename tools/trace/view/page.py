"""The page: its template with styles, scripts and the packed trace put in. One file, which asks nobody for anything."""

import base64
import html
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
STYLES = ("theme.css", "layout.css", "details.css")
# In reading order, and so that what runs at once stands behind what it uses.
SCRIPTS = ("text.js", "unpack.js", "bands.js", "model.js", "analysis.js", "palette.js", "raster.js", "camera.js",
           "lanes.js", "paint.js",
           "arrows.js", "marks.js", "ruler.js", "overview.js", "gutter.js", "stage.js", "describe.js", "tables.js", "histogram.js", "events.js",
           "search.js", "permalink.js", "keyboard.js", "mouse.js", "navigate.js", "app.js")


def text_of(name):
    """A part of the page."""
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def build(title, packed):
    """The whole page."""
    parts = {"TITLE": html.escape(title), "STYLES": "".join(map(text_of, STYLES)), "SCRIPTS": "\n".join(map(text_of, SCRIPTS)),
             "DATA": base64.b64encode(packed).decode("ascii")}
    page = text_of("page.html")
    for name, text in parts.items():
        page = page.replace(f"@{name}@", text, 1)
    return page
