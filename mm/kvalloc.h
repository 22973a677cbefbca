/*
 * kvalloc: virtually contiguous kernel memory in the kernel window, each range with guard pages on both sides
 * (rows S09-S14). Whole pages. Its page tables exist from boot. Addresses are reused only after a flush on all
 * CPUs: freed ranges wait in batches (lazy unmap).
 */
#pragma once
#include "mm/page.h"

#define KV_ZERO 1u
/* `bytes` rounded up to pages; NULL when addresses or frames run out, state unchanged. Sleeps. */
void *kvalloc(size_t bytes, const char *owner, unsigned flags);
void kvfree(void *addr); /* NULL is allowed; sleeps (may have to flush) */
/* Maps given physical memory (a device window: uncached). */
void *kvmap_device(paddr_t start, size_t bytes, const char *owner);
/* Kernel stacks: KSTACK_SIZE bytes with a guard page below, from a small per-CPU stock. */
void *kstack_alloc(void);
void kstack_free(void *stack);
/* Who owns this kernel-window address, for an oops: name, or NULL. Any context. */
const char *kv_owner(vaddr_t va, vaddr_t *start, vaddr_t *end);
void kvalloc_init(void);
u32 kv_pages_in_use(void);
/* One line per range in address order through `line` (/proc/kvranges, row S13). */
void kv_report(void (*line)(void *ctx, const char *text), void *ctx);
