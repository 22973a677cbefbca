/*
 * kvalloc: virtually contiguous kernel memory in the kernel window, each range with guard pages on both sides
 * (rows S09-S14). Whole pages. Its page tables exist from boot. Addresses are reused only after a flush on
 * all CPUs: freed ranges wait in batches (lazy unmap).
 */
#pragma once
#include "mm/frame/page.h"

#define KV_ZERO 1u
/* `bytes` rounded up to pages; NULL when addresses or frames run out, state unchanged. Sleeps. */
void *kvalloc(size_t bytes, const char *owner, unsigned flags);
/* The same, its address a multiple of `align` (a power of two, at least a page). */
void *kvalloc_aligned(size_t bytes, size_t align, const char *owner, unsigned flags);
void kvfree(void *addr); /* NULL is allowed; sleeps (may have to flush) */
/* Maps given physical memory (a device window: uncached). */
void *kvmap_device(paddr_t start, size_t bytes, const char *owner);
/* Kernel stacks: KSTACK_SIZE bytes with a guard page below, from a small per-CPU stock. Alloc sleeps; free
 * may be called in any context, since the scheduler frees the stack of a task that it has just left. */
void *kstack_alloc(void);
void kstack_free(void *stack);
/* Who owns this kernel-window address, for an oops: name, or NULL. [start, end) is its mapped part: an
 * address at or above `end` hit the guard page behind it. Any context; takes no lock. */
const char *kv_owner(vaddr_t va, vaddr_t *start, vaddr_t *end);

/* Boot, before kvalloc_init: a part of the window that is in use already (one call a kernel section, row
 * S13). */
void kvalloc_add_fixed(vaddr_t start, vaddr_t end, const char *name);
void kvalloc_init(void);
/* Gives up a fixed range with its frames: .init when boot ends. Sleeps. */
void kvfree_fixed(vaddr_t start);

u32 kv_pages_in_use(void); /* frames in the window: mapped, waiting for a flush, and descriptors */
/* Flushes and releases all that waits: lazy ranges, stacks in stock, emptied descriptor pages. For leak
 * checks and when memory is short. Sleeps; no spinlock held. */
void kvalloc_purge(void);
/* One line per range in address order through `line` (/proc/kvranges, row S13). */
void kv_report(void (*line)(void *ctx, const char *text), void *ctx);
/* Walks all descriptors: every invariant of the window holds (rows S10, S13). For tests. */
bool kv_check(void);
