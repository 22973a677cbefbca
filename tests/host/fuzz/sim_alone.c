/*
 * What arch/sim/run.c, strategy.c and races.c have for the explorer, for programs that boot the machine once
 * and run on it themselves (fuzz harnesses, counting of cache lines): the machine's end is the program's. No
 * run is taken back, so undo_on stays false.
 */
#include "arch/sim/races.h"
#include "arch/sim/run.h"
#include "arch/sim/strategy.h"
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

/* What the host does with the signal is the end. */
bool run_crashed(int signal_number, void *context)
{
    return false;
}

/* Nobody looks for data races. */
bool races_on;
void races_watch(bool running) {}
void races_touch(const volatile void *at, size_t bytes, enum access how, u32 ip) {}
void races_release(const volatile void *word, size_t bytes) {}
void races_acquire(const volatile void *word) {}

/* The default schedule is the only one. */
u32 strategy_pick(const struct choice *c)
{
    return c->usual;
}
u32 strategy_idle_until(void)
{
    return ~0u;
}
void strategy_saw(const volatile void *addr, u32 cpu, bool writes) {}
u32 strategy_interrupts(u32 cpu)
{
    return 0;
}
