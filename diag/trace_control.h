/* What is recorded, and what becomes of a full ring: the boot words trace= and tracemode=, and /proc/trace.
 */
#pragma once
#include "diag/trace.h"

/*
 * Does what one line says. Any task; concurrent callers each take effect whole, in some order. 0, or -EINVAL
 * and no change.
 *
 *     GLOB,GLOB...     exactly these events ("lock:*,sched_*", "all")
 *     +GLOB,... -GLOB,...  these as well; all but these
 *     off              none
 *     overwrite, stop  when a ring is full: the oldest page goes; or nothing more is recorded
 */
int trace_control(const char *line);
/* The state as lines of text: mode, each event with on or off, each CPU's figures. Any task. */
void trace_report(void (*line)(void *ctx, const char *text), void *ctx);
/* Is what is newest refused when a ring is full? */
bool trace_stops_when_full(void);
