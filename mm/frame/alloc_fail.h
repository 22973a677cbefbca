/*
 * Allocations that fail on purpose (test image): the Nth from now returns NULL, so that every no-memory path
 * can be walked (row S14). Frames, ranges, kvalloc and slabs count alike; GFP_ATOMIC ones too.
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
/* True when this allocation is the one. Asked once at the top of each allocating function. */
bool alloc_must_fail_at(vaddr_t asked_by);
#define alloc_must_fail() alloc_must_fail_at(CALLER_IP())
#else
#define alloc_must_fail() false
#endif
