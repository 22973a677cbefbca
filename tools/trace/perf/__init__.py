"""Makes perf.data files of a trace, for `perf lock contention`, `perf lock report` and `perf sched timehist`.

    python3 -m tools.trace.perf build/trace.dat

Reading order: file (perf.data as perf reads it), contention and locks (which events perf gets, and why not just all), then
__main__.
"""
