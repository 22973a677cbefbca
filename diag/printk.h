/* The kernel's own words. Any context, never sleeps, takes no checked lock (one CPU's line stays whole). */
#pragma once
#include "lib/compiler.h"

/* C99 conversions without floats, plus %pS (address as symbol+offset, with file:line where known). A message
 * ends with its newline. Goes to the console (unless quiet), the log ring and, prefixed "log ", the control
 * port. */
void printk(const char *fmt, ...) printf_like(1, 2);
void vprintk(const char *fmt, va_list args);
/* One record for the runner on the host (diag/control.h lists the kinds); `fmt` without newline. */
void control_record(const char *fmt, ...) printf_like(1, 2);
/* quiet: only the control port and the log ring get printk's text (set by `run=` so that a program's output
 * is its own). */
void printk_set_quiet(bool quiet);
