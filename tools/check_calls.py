#!/usr/bin/env python3
"""Draws the call graph out of a linked kernel and holds it to the layers of memory (rows S09, S15; notes/memory.md).

Direct calls and jumps only: a call through a pointer is not seen. Paths through the end of the machine (panic and its dump)
count for nothing.
"""

import argparse
import re
import subprocess
import sys
from collections import deque

# from, what must not be reachable from it, why
FORBIDDEN = (
    ("kvalloc", "kvalloc", "kvalloc never gets into itself (S09)"),
    ("kvfree", "kvalloc", "freeing needs no memory"),
    ("kv_grow", "page_alloc", "a descriptor page's frame is allocated before the lock"),
    ("page_alloc", "kvalloc", "frames are below kvalloc (S15)"),
    ("page_alloc", "slab_alloc", "frames are below slabs (S15)"),
    ("page_put", "slab_alloc", "freeing a frame needs no memory"),
    ("kvalloc", "slab_alloc", "kvalloc and slab do not need each other (S15)"),
    ("slab_alloc", "kvalloc", "kvalloc and slab do not need each other (S15)"),
    ("slab_reap", "page_alloc", "who is asked for memory may not ask for any"),
    ("kvalloc_purge", "page_alloc", "who is asked for memory may not ask for any"),
    ("slab_free", "page_alloc", "freeing an object needs at most a magazine"),
)
# What must be reachable, or the graph is blind.
REQUIRED = (("kvalloc", "page_alloc"), ("slab_alloc", "page_alloc"), ("kmalloc", "slab_alloc"), ("kvfree", "page_put"))
# The exception to the last row, and why it is one: a CPU's first use of a cache makes its magazine.
ALLOWED_THROUGH = {("slab_free", "page_alloc"): {"slab_magazine", "meta_alloc"}}
# Where the machine ends, and what only other tasks run.
NO_EDGE = {"panic", "assert_failed", "boot_refuse", "kernel_oops", "schedule", "preempt_schedule", "race_point_hit",
           "dump_everything", "interrupt"}
LABEL = re.compile(r"^[0-9a-f]+ <([\w.]+)>:$")
TARGET = re.compile(r"\b(?:call|j\w+)\s+[0-9a-f]+ <([\w.]+)(?:\+0x[0-9a-f]+)?>")


def plain(name):
    """`kvalloc.part.0` and `kvalloc.cold` are kvalloc."""
    return name.split(".")[0]


def call_graph(elf):
    """Function -> the functions that it calls or jumps to."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], capture_output=True, text=True, check=True).stdout
    graph, here = {}, None
    for line in text.split("\n"):
        label = LABEL.match(line)
        if label:
            here = plain(label[1])
            graph.setdefault(here, set())
            continue
        target = TARGET.search(line)
        if target and here and plain(target[1]) != here:
            graph[here].add(plain(target[1]))
        elif target and here and re.search(r"\bcall\b", line):
            graph[here].add(here)  # recursion, and not a loop's jump
    return graph


def path_between(graph, start, end, without=frozenset()):
    """The shortest way of calls from `start` to `end` (at least one call), or None."""
    queue, came_from = deque([start]), {}
    while queue:
        at = queue.popleft()
        for to in graph.get(at, ()):
            if to in NO_EDGE or to in without or (to in came_from):
                continue
            came_from[to] = at
            if to == end:
                way = [to]
                while way[-1] != start or len(way) == 1:
                    way.append(came_from[way[-1]])
                return way[::-1]
            queue.append(to)
    return None


def complaints(graph, rows=FORBIDDEN):
    """One sentence for each path that must not be; and one where a name is unknown, or the check would check nothing."""
    for start, end, why in rows:
        missing = [name for name in (start, end) if name not in graph]
        if missing:
            yield f"no function {missing[0]} in the image; the table in tools/check_calls.py is out of date"
            continue
        way = path_between(graph, start, end, ALLOWED_THROUGH.get((start, end), frozenset()))
        if way:
            yield f"{why}, but: {' > '.join(way)}"
    for start, end in REQUIRED if rows is FORBIDDEN else ():
        if not path_between(graph, start, end):
            yield f"{start} does not reach {end}: this reader of the image sees too little"


def tests(graph):
    """(name, what it shows, complaints) of each row that the graph can show."""
    yield ("s09_no_way_back", "kvalloc has no way of calls into itself, nor takes a frame under its lock",
           list(complaints(graph, [row for row in FORBIDDEN if row[0].startswith("kv")])))
    yield ("s15_no_way_up", "frames, kvalloc, slab: no call from a lower layer reaches a higher one",
           list(complaints(graph)))
    yield ("s30_one_engine", "frames and kernel addresses come out of the same range engine",
           [f"{user} does not reach range_alloc" for user in ("page_alloc_range", "kvalloc")
            if not path_between(graph, user, "range_alloc")])


def self_test():
    """Both kinds of mistake must be found in a graph that has them."""
    graph = {name: set() for row in FORBIDDEN for name in row[:2]}
    for start, end in REQUIRED:
        graph.setdefault(start, set()).add(end)
    graph["kmalloc"] = {"slab_alloc"}
    assert not list(complaints(graph))
    graph["kvalloc"] |= {"map_frames"}
    graph["map_frames"] = {"kvalloc", "panic"}
    assert any("kvalloc > map_frames > kvalloc" in text for text in complaints(graph))
    graph["map_frames"] = {"panic"}
    graph["panic"] = {"kvalloc"}
    assert not list(complaints(graph))
    del graph["kv_grow"]
    assert any("kv_grow" in text for text in complaints(graph))


def main():
    """Status 1 when a path is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("elf")
    args = parser.parse_args()
    self_test()
    graph = call_graph(args.elf)
    wrong, rows = 0, list(tests(graph))
    for number, (name, shows, found) in enumerate(rows, 1):
        for text in found:
            print(f"  # {text}")
        print(f"{'not ok' if found else 'ok'} {number} - {name}: {shows}")
        wrong += bool(found)
    print(f"check-calls: {len(FORBIDDEN)} forbidden ways, {len(graph)} functions")
    print(f"{len(rows) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
