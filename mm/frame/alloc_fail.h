/*
 * Allocations that fail on purpose (test image): the Nth from now returns NULL, so that every no-memory path
 * can be walked (row S14). Frames, ranges, kvalloc and slabs count alike; GFP_ATOMIC ones too. Counted for
 * the whole machine (alloc_fail_nth: scenarios) or for one task (its fail_nth: programs, by /proc/fail_nth).
 */
#pragma once
#include "lib/compiler.h"

#ifdef FL_TEST
/* The nth allocation from now fails, once; 0: none. Any context. */
void alloc_fail_nth(u32 n);
/* Allocations counted since the last alloc_fail_nth(), the failed one included. */
u32 alloc_fail_count(void);
/* Who asked for the allocation that failed last: a return address in its caller. */
vaddr_t alloc_fail_site(void);
/* The running task's nth allocation from now fails, once; 0: none. */
void alloc_fail_nth_of_task(u32 n);
/* What was refused since boot: calls line() for each site, in the order of their first; returns how many in
 * all. */
u32 alloc_fail_report(void (*line)(void *ctx, vaddr_t site, u32 refused), void *ctx);
/* True when this allocation is the one. Asked once at the top of each allocating function. */
bool alloc_must_fail_at(vaddr_t asked_by);
#define alloc_must_fail() alloc_must_fail_at(CALLER_IP())
#else
#define alloc_must_fail() false
#endif
