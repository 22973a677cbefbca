"""python3 -m tools.trace.story build/trace.dat --fault 12"""

import argparse
import sys

from tools.trace import TraceError, show
from tools.trace.analysis import study_trace
from tools.trace.datfile import open_trace
from tools.trace.story.lines import find_image, microseconds, source_lines
from tools.trace.story.story import stage_of, told

WORTH = 20


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace.story",
                                     description="Tells one page fault of a trace, or lists those that are worth it.")
    parser.add_argument("trace", nargs="?", default="build/trace.dat", help="default: build/trace.dat")
    parser.add_argument("--fault", metavar="N", help="its number in the list; without it, the list")
    parser.add_argument("--build", default="build", metavar="FOLDER", help="where the kernel's images are; default: build")
    return parser.parse_args()


def remarks(study, fault):
    """What makes a fault worth reading: [(weight, words)]"""
    found = []
    if fault.lost:
        found.append((1000, "lost the race"))
    phases = [mark.phase for mark in fault.marks]
    if "flush" in phases:
        found.append((400, "told other CPUs"))
    if "io" in phases:
        found.append((300, "read from a file"))
    if phases.count("retry"):
        found.append((250, f"began again {phases.count('retry')} times" if phases.count("retry") > 1 else "began again"))
    waits = sum(min(w.end, fault.end) - max(w.begin, fault.begin) for w in study.waits
                if w.task == fault.task and w.begin < fault.end and w.end > fault.begin)
    if waits:
        found.append((200, f"waited {microseconds(waits)} for locks"))
    if fault.outcome not in ("done", "unknown"):
        found.append((150, f"ended as: {fault.outcome}"))
    if not fault.ended:
        found.append((500, "does not end in this trace"))
    if "pt_alloc" in phases:
        found.append((50, "needed a page table"))
    return found


def list_faults(study):
    """Lines: the faults worth reading first."""
    rows = []
    for fault in study.faults:
        found = remarks(study, fault)
        rows.append((-sum(weight for weight, _ in found), -fault.length, fault, ", ".join(words for _, words in found)))
    rows.sort(key=lambda row: row[:2])
    count = f"{len(rows)} fault{'s' if len(rows) != 1 else ''}"
    lines = [f"{count}{f'; the {WORTH} most worth reading' if len(rows) > WORTH else ''} (make trace-story FAULT=n):",
             "    n  task              address        took        what happened"]
    for _, _, fault, words in rows[:WORTH]:
        kind = "write" if fault.write else "read"
        lines.append(f"{fault.n:5}  {study.trace.task(fault.task):16}  {fault.address:#010x}  {microseconds(fault.length):>10}"
                     f"  {kind}: {words or 'all went smoothly'}")
    return lines


def tell(study, number, folder):
    """Lines: one fault."""
    if not number.isdigit() or not 1 <= int(number) <= len(study.faults):
        raise TraceError(f"FAULT={number}: the trace has faults 1 to {len(study.faults)}" if study.faults
                         else f"FAULT={number}: the trace has no faults")
    fault = study.faults[int(number) - 1]
    steps = told(study, fault)
    image = find_image(study.trace, folder)
    lines = source_lines(image, [step.ip for step in steps])
    out = [f"Fault {fault.n} of {len(study.faults)}: {study.trace.task(fault.task)}, its fault {fault.number}, "
           f"at {study.trace.seconds(fault.begin):.6f} s, {microseconds(fault.length)} long"
           f"{'.' if fault.ended else ' when the trace ends: its end is not in it.'}"]
    if image is None:
        out.append("(No kernel image here is the trace's: functions instead of source lines.)")
    stage = None
    for step in steps:
        if stage_of(fault, step) != stage:
            stage = stage_of(fault, step)
            out.append(f"-- {stage}")
        place = lines.get(step.ip) or (study.trace.symbol(step.ip) if step.ip else "")
        out.append(f"{(step.ns - fault.begin) / 1e3:12,.1f} us  {place:30}  {step.text}")
    return out


def main():
    """The command."""
    options = parse_arguments()
    try:
        study = study_trace(open_trace(options.trace))
        lines = tell(study, options.fault, options.build) if options.fault else list_faults(study)
        show(lines)
    except TraceError as error:
        sys.exit(f"trace: {error}")


if __name__ == "__main__":
    main()
