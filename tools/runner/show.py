"""What people see: the console kept in a file, and its part since the last good sign shown when something fails."""

import os
import sys
import textwrap

MOST_SHOWN = 300  # lines of console printed after a failure; the file has all


class ConsoleLog:
    """Writes the console to a file; remembers what came since `mark()`."""

    def __init__(self, path, live=False):
        self.path = path
        self._live = live
        self._recent = bytearray()
        self._file = open(path, "wb")

    def add(self, data):
        """Keeps bytes of the console; shows them at once in verbose mode."""
        self._file.write(data)
        self._file.flush()
        self._recent += data
        if self._live:
            sys.stdout.write(data.decode("utf-8", "replace"))
            sys.stdout.flush()

    def mark(self):
        """Something went well: what came before is no longer of interest."""
        self._recent.clear()

    def recent(self):
        """The text since the last mark."""
        return self._recent.decode("utf-8", "replace").replace("\r", "")

    def show(self):
        """Prints the part since the last mark, its end at least."""
        lines = [line for line in self.recent().split("\n") if line.strip()]
        if len(lines) > MOST_SHOWN:
            print(f"  | ... {len(lines) - MOST_SHOWN} lines before this are in {self.path}")
        for line in lines[-MOST_SHOWN:]:
            print("  | " + line)

    def close(self):
        """No more is coming."""
        self._file.close()


def say(text):
    """Prints a line at once."""
    print(text, flush=True)


def table(rows, heads):
    """Rows of texts as aligned columns."""
    rows = [tuple(map(str, row)) for row in [heads, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def shorten(text, width):
    """One line of at most `width` characters."""
    return textwrap.shorten(text, width, placeholder=" ...") if text else ""


def verdict(passed, failed, skipped=0):
    """The closing line that people and CI read."""
    say(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))


def log_path(config, name):
    """Where the console of run `name` is kept."""
    return config.path("log", f"{name}.console")


def relative(path):
    """The path as a person would type it here."""
    return os.path.relpath(path)
