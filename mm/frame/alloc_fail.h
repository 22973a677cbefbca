/*
 * Allocations that fail on purpose (test image): the Nth from now returns NULL, so that every no-memory path
 * can be walked (row S14). Frames, ranges, kvalloc and slabs count alike; GFP_ATOMIC ones too. Counted for
 * the whole machine (alloc_fail_nth: a test for itself; alloc_refuse: the runner, in every test) or for one
 * task (its fail_nth: programs, by /proc/fail_nth).
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
/* For the runner of tests, beside what a test arms for itself: refuses, once, the nth allocation from now (0:
 * none) and the first one that is asked for from `asked_by` (0: none). From the first call on it is
 * remembered who asks. */
void alloc_refuse(u32 n, vaddr_t asked_by);
/* While true, that neither refuses nor counts. */
void alloc_refuse_pause(bool paused);
/* Since its last call: allocations counted; did it refuse one; who asked (return addresses, at most max). */
u32 alloc_refuse_count(void);
bool alloc_refused(void);
u32 alloc_sites_of_round(vaddr_t *ips, u32 max);
/* The place in row i of those that asked since the first alloc_refuse(), or were refused: who asks, and how
 * often he was refused. False past the last. */
bool alloc_site(u32 i, vaddr_t *asked_by, u32 *times);
/* What was refused since boot: calls line() for each site, in the order of their first; returns how many in
 * all. */
u32 alloc_fail_report(void (*line)(void *ctx, vaddr_t site, u32 refused), void *ctx);
/* The running task sleeps until there is memory again: not on what its test waits for. */
#define alloc_waits(yes) WRITE_ONCE(current->waits_for_memory, (yes))
/* True when this allocation is the one. Asked once at the top of each allocating function. */
bool alloc_must_fail_at(vaddr_t asked_by);
#define alloc_must_fail() alloc_must_fail_at(CALLER_IP())
#else
#define alloc_must_fail() false
#define alloc_waits(yes)  ((void)0)
#endif
