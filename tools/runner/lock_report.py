"""The lock report at the end of smp-test: the kernel's rows (/proc/lock_stat's columns) as a table for people."""

import re
from dataclasses import dataclass

# con-bounces contentions waittime-min/max/total/avg acq-bounces acquisitions holdtime-min/max/total/avg
ROW = re.compile(r"\s*(?P<name>\S.*?): +(?P<numbers>\d[\d. ]*\d)(?: +(?P<where>\S+:\d+))?\s*$")
SITE = re.compile(r"\s*(?P<name>\S.*?) *: +(?P<waits>\d+) +(?P<longest>\d+\.\d+) +(?P<total>\d+\.\d+)  (?P<place>[^\d\s].*)$")
MOST_SITES = 12
TIMES = {2, 3, 4, 5, 8, 9, 10, 11}  # columns in microseconds
HEADS = ("lock", "con-bounces", "contentions", "min", "max", "total", "avg", "acq-bounces", "acquisitions", "min", "max",
         "total", "avg", "initialised at")
SPANS = (3, 7, "waittime"), (9, 13, "holdtime")


@dataclass(frozen=True)
class Row:
    """One lock class: reads (-R) and writes are two."""

    name: str
    numbers: tuple
    where: str

    @property
    def contentions(self):
        """How many acquisitions had to wait."""
        return int(self.numbers[1])


def parse(lines):
    """The rows among the kernel's lines."""
    rows = []
    for line in lines:
        match = ROW.match(line)
        numbers = tuple(map(float, match["numbers"].split())) if match else ()
        if len(numbers) == 12:
            rows.append(Row(match["name"], numbers, match["where"] or ""))
    return rows


def cell(index, value):
    """A count, or a time with as many digits as a reader has use for."""
    if index not in TIMES or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def over_heads(widths):
    """The line above the heads, which says what the four times under it are."""
    line = ""
    for first, end, name in SPANS:
        start = sum(widths[:first]) + 2 * first
        width = sum(widths[first:end]) + 2 * (end - first - 1)
        line = line.ljust(start) + f" {name} ".center(width, "-")
    return line


def align(texts):
    """Lines of text, and the widths of their columns: names to the left, numbers to the right, places to the left."""
    last = len(texts[0]) - 1
    widths = [max(len(text[i]) for text in texts) for i in range(last + 1)]
    lines = []
    for text in texts:
        cells = [t.ljust(w) if i in (0, last) else t.rjust(w) for i, (t, w) in enumerate(zip(text, widths))]
        lines.append("  ".join(cells).rstrip())
    return lines, widths


def class_table(rows):
    """A line for each lock class."""
    lines, widths = align([HEADS] + [(row.name, *(cell(i, n) for i, n in enumerate(row.numbers)), row.where) for row in rows])
    return [over_heads(widths), *lines]


def site_table(lines):
    """A line for each place in the code that waited longest; empty when the kernel names none."""
    sites = [match for match in map(SITE.match, lines) if match][:MOST_SITES]
    if not sites:
        return []
    texts = [("lock", "contentions", "waittime max", "total", "waited at")]
    texts += [(s["name"], f"{int(s['waits']):,}", cell(3, float(s["longest"])), cell(4, float(s["total"])), s["place"])
              for s in sites]
    return ["Where the code waited, longest in all first:", *align(texts)[0]]


def report(lines):
    """The whole report: the locks that somebody waited for, most contended first, and one line on the others."""
    rows = parse(lines)
    if not rows:
        return []
    waited = sorted((row for row in rows if row.contentions), key=lambda row: -row.contentions)
    quiet = [row for row in rows if not row.contentions]
    out = ["Locks, most contended first; times in microseconds; -R: held by readers, together."]
    out += class_table(waited) if waited else []
    if quiet:
        out.append(f"Nobody waited for {len(quiet)} more ({sum(int(row.numbers[7]) for row in quiet):,} acquisitions): "
                   + ", ".join(row.name for row in quiet) + ".")
    return out + site_table(lines)
