/*
 * Data races on the machine itself: `make smp-test RACES=1` builds a third image whose C code tells of every
 * access (gcc's -fsanitize=thread, with hooks of our own in place of that run-time), and this watches for two
 * that meet. Now and then a plain access waits a moment before it is made, with its address on a board; a CPU
 * that touches the same bytes meanwhile, where one of the two writes, is the other half of a race (the method
 * is KCSAN's, with soft watchpoints as in DataCollider, Erickson et al., OSDI 2010).
 *
 * READ_ONCE, WRITE_ONCE and atomics are marked: they may meet each other, but not a plain access.
 */
#pragma once
#include "lib/types.h"

struct watched_access {
    vaddr_t ip; /* in the function that makes it; 0: somebody whose code has no hooks */
    u32 cpu, bytes;
    bool writes, marked;
};
struct watched_race {
    vaddr_t at;
    struct watched_access waited, came; /* who stood there, and who was met */
};

#ifdef FL_RACES
/* From here to watch_end() accesses are watched. Task context; no two at a time. */
void watch_begin(void);
/* Nothing more is found; how many different races were, since watch_begin(). */
u32 watch_end(void);
/* Of those, number n; false when it was one too many to be kept. */
bool watch_found(u32 n, struct watched_race *race);
/* How many so far. Any context. */
u32 watch_count(void);
#else
static inline void watch_begin(void) {}
static inline u32 watch_end(void)
{
    return 0;
}
static inline bool watch_found(u32 n, struct watched_race *race)
{
    return false;
}
#endif
