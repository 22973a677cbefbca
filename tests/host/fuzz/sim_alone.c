/*
 * What arch/sim/run.c has for the explorer, for programs that boot the machine once and run on it themselves
 * (fuzz harnesses, counting of cache lines): the machine's end is the program's.
 */
#include "arch/sim/run.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct run the_run;
struct run *run = &the_run;

void run_log(const char *text, size_t n)
{
    fwrite(text, 1, n, stderr);
}
noreturn void sim_fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
noreturn void run_finish(enum verdict verdict)
{
    abort();
}
