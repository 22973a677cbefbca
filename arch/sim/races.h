/*
 * Data races: two accesses of different CPUs to the same bytes, one of them a write, one of them plain, and
 * nothing that orders them. An oracle like the others (boot word `races`; it takes three times the time), but
 * it needs no bad luck: it looks at what ordered two accesses (vector clocks, as FastTrack has them: Flanagan
 * and Freund, PLDI 2009), not at whether they met.
 *
 * What orders: an atomic operation, a lock, READ_ONCE that reads what WRITE_ONCE wrote, a page-table entry
 * that the walker finds, an IPI. So a marked access here is as strong as x86 makes it; that a compiler may
 * move plain accesses across READ_ONCE is not seen. What one CPU does is in order, whichever task did it.
 */
#pragma once
#include "lib/compiler.h"

/* Under way: what a run does counts, not the boot, nor what the host does between runs. */
extern bool races_on;
void races_watch(bool running);
bool races_wanted(void); /* the boot word was said */
/* The machine itself looks at what belongs to a CPU, between the two. */
static inline bool races_look_away(void)
{
    bool were_on = races_on;
    races_on = false;
    return were_on;
}

enum access {
    ACCESS_PLAIN = 0,
    ACCESS_WRITES = 1,
    ACCESS_MARKED = 2,
    ACCESS_USER = 4, /* a user program's: its own races are its own business */
};

/* The running CPU touches these bytes; `ip` for the report. A race ends the run. Orders nothing. */
void races_touch(const volatile void *at, size_t bytes, enum access how, u32 ip);
/* What it did is now before whatever an acquire of the same word sees, and the other way round. */
void races_release(const volatile void *word, size_t bytes);
void races_acquire(const volatile void *word);
