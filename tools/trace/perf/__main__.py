"""python3 -m tools.trace.perf build/trace.dat"""

import argparse
import os
import sys

from tools.trace import TraceError, show
from tools.trace.analysis import study_trace
from tools.trace.datfile import open_trace
from tools.trace.perf.events import contention_file, lock_file


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.trace.perf",
                                     description="Makes perf.data files of a trace.dat, and the list of symbols for them.")
    parser.add_argument("trace", nargs="?", default="build/trace.dat", help="default: build/trace.dat")
    parser.add_argument("-o", "--output", default="build/perf.data", metavar="FILE",
                        help="waits and switches, for perf lock contention and perf sched timehist; default: build/perf.data")
    parser.add_argument("--locks", default="build/perf-locks.data", metavar="FILE",
                        help="every acquisition, for perf lock report; default: build/perf-locks.data")
    parser.add_argument("--kallsyms", default="build/perf.kallsyms", metavar="FILE", help="default: build/perf.kallsyms")
    return parser.parse_args()


def write_all(options):
    """Writes the files; returns the lines that say how to look at them."""
    trace = open_trace(options.trace)
    events = trace.events()
    study = study_trace(trace, events)
    waiting, locks = contention_file(trace, events, study.waits), lock_file(trace, events)
    try:
        with open(options.kallsyms, "w", encoding="utf-8") as out:
            if trace.symbols:  # perf aligns its symbols by this one
                out.write(f"{trace.symbols[0][0]:016x} T _text\n")
            out.writelines(f"{address:016x} T {name}\n" for address, name in trace.symbols)
        waiting.write(options.output)
        if locks:
            locks.write(options.locks)
        elif os.path.exists(options.locks):
            os.remove(options.locks)  # an older trace's
    except OSError as error:
        raise TraceError(f"{error.filename}: {error.strerror}") from None
    lines = [f"{options.output}: {len(waiting.records)} records. Look at it with",
             f"  perf lock --kallsyms {options.kallsyms} -i {options.output} contention",
             f"  perf sched --kallsyms {options.kallsyms} -i {options.output} timehist"]
    if locks:
        lines += [f"{options.locks}: {len(locks.records)} records. Look at it with",
                  f"  perf lock --kallsyms {options.kallsyms} -i {options.locks} report"]
    else:
        lines.append("The trace has no lock_acquire events, so there is nothing for perf lock report: `make trace` records them.")
    return lines


def main():
    """The command."""
    try:
        show(write_all(parse_arguments()))
    except TraceError as error:
        sys.exit(f"trace: {error}")


if __name__ == "__main__":
    main()
