/*
 * Counting shared cache lines. The kernel's own files are compiled once more for the simulated machine, with
 * the compiler's call before every access to memory (-fsanitize=thread, but with these hooks in place of its
 * run-time library). A line counts for a fault if that fault writes it and a fault on another CPU reads or
 * writes it too.
 */
#pragma once
#include "lib/compiler.h"

/* Between these two the accesses of the running virtual CPU belong to its fault number `fault`. */
void lines_begin(u32 fault);
void lines_end(void);
/* Of CPU `cpu`'s fault: the lines it wrote that another CPU's faults touched. */
u32 lines_shared(u32 cpu, u32 fault);
/* Prints to the standard output that the program was started with. */
void lines_print(const char *fmt, ...) printf_like(1, 2);
