/*
 * Shootdown: no CPU may use a translation after the operation that removed it has returned, and no frame may
 * be freed before. A gather collects what an operation clears, flushes every CPU once, and then releases:
 * collect, clear, flush, release.
 */
#pragma once
#include "mm/space/mm.h"

#define GATHER_PAGES  256 /* 1 KiB of kernel stack; one flush of all CPUs for as many pages */
#define GATHER_TABLES 8
/* Of a range, which pages to take: all; those that have left their file (PAGE_REMOVED); those that nobody
 * needs unless they are written again (entry_is_lazy). */
enum gather_only { GATHER_ALL, GATHER_REMOVED, GATHER_LAZY };
struct gather {
    struct mm *mm;
    enum gather_only only;
    vaddr_t start, end; /* smallest range that covers what was cleared; end 0: nothing */
    u32 n;
    u32 table_n; /* page tables died: their mirror addresses and the PDE caches must go too (R50, R51) */
    vaddr_t table_first, table_last; /* first address of the lowest and of the highest table that died */
    struct gathered {
        uintptr_t page_and_dirty; /* gather.c: a struct page's address, and bit 0 */
    } pages[GATHER_PAGES];
    struct page *tables[GATHER_TABLES];
};
void gather_begin(struct gather *g, struct mm *mm);
/* For how many pages there is room: with none, call gather_flush() as soon as no spinlock is held. */
static inline u32 gather_room(const struct gather *g)
{
    return GATHER_PAGES - g->n;
}
static inline bool gather_full(const struct gather *g)
{
    return g->n == GATHER_PAGES;
}
/* `page`, whose entry was cleared, loses the mapping's reference after the flush, and is marked PAGE_DIRTY
 * before that when it was `dirty` (R47). */
static inline struct gathered gathered(struct page *page, bool dirty)
{
    return (struct gathered){(uintptr_t)page | dirty}; /* aligned to 64: the bit is free */
}
/* Where the next goes, of as many as there is room for; and `end`, behind the last that came. */
static inline struct gathered *gather_next(struct gather *g)
{
    return g->pages + g->n;
}
static inline void gather_reach(struct gather *g, const struct gathered *end)
{
    g->n = (u32)(end - g->pages);
}
/* Entries of [start, end) were cleared: the flush must reach them. Before the gather is flushed, and once for
 * many pages. */
void gather_cover(struct gather *g, vaddr_t start, vaddr_t end);
/* The same for the page table of the 4 MiB around addr, whose PDE was cleared. */
must_check bool gather_add_table(struct gather *g, vaddr_t addr, struct page *table);
/* Flushes all CPUs of the mm and releases the pages. No spinlock held; may be called many times. */
void gather_flush(struct gather *g);
void gather_end(struct gather *g); /* = flush, and asserts that nothing is left */

/* Flush [start, end) of mm on every CPU that may hold it, wait for all. No spinlock held (R41). */
void shootdown_range(struct mm *mm, vaddr_t start, vaddr_t end);
/* What a gather owes: its range, its tables. No spinlock held. */
void shootdown_gather(const struct gather *g);
/* True when no CPU but this one can hold a translation that was removed before the call. Preemption off; then
 * a local flush is a whole shootdown. */
bool shootdown_is_local(struct mm *mm);
/* ... of one page. */
void shootdown_local(struct mm *mm, vaddr_t addr);
/* Kernel window addresses, on all CPUs. */
void shootdown_kernel(vaddr_t start, vaddr_t end);
/* Every CPU that still has this space loaded by a kernel task leaves it (R44). No spinlock held; no task runs
 * in it. */
void shootdown_evict(struct mm *mm);
