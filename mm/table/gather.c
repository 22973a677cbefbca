/*
 * Collect, clear, flush, release: always in this order.
 *
 *     CPU 0 (munmap)                     CPU 1 (a thread of the same program)
 *     entry cleared, frame collected     still writes the page through its TLB: no harm, the frame is ours
 *     flush all CPUs, wait         ----> translation gone; the next access faults
 *     frame released                     cannot reach it any more
 *
 * That a page was written is noted after the flush, too: until then it may be written once more, and who
 * cleans the file's pages (mm/file/mapping_clean.c) finds no entry here any more (R47).
 *
 * Released before the flush (R43), the frame could be another program's when CPU 1 writes it. A page table is
 * such a frame too, reached in two more ways: through the PDE caches by the walker (R09, R50) and through its
 * address in the mirror by the kernel itself (R51).
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/fault/faultlock.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_write.h"
#include "sync/rcu.h"

void gather_begin(struct gather *g, struct mm *mm)
{
    g->mm = mm;
    g->only = GATHER_ALL;
    g->start = USER_END;
    g->end = 0;
    g->n = g->table_n = 0;
}

void gather_cover(struct gather *g, vaddr_t start, vaddr_t end)
{
    g->start = MIN(g->start, start);
    g->end = MAX(g->end, end);
}

bool gather_add_table(struct gather *g, vaddr_t addr, struct page *table)
{
    assert(g->table_n < GATHER_TABLES);
    addr &= ~(PDE_SIZE - 1);
    if (!g->table_n)
        g->table_first = g->table_last = addr;
    g->table_first = MIN(g->table_first, addr);
    g->table_last = MAX(g->table_last, addr);
    g->tables[g->table_n++] = table;
    return g->table_n == GATHER_TABLES;
}

static void gather_release_pages(struct gather *g)
{
    assert(g->n <= GATHER_PAGES);
    flush_debt_none();
    for (const struct gathered *at = g->pages, *end = at + g->n; at < end; at++) {
        struct page *page = (struct page *)(at->page_and_dirty & ~(uintptr_t)1);
        if (unlikely(at->page_and_dirty & 1))
            page_bit_set(page, PAGE_DIRTY);
        page_put(page);
    }
    g->n = 0;
}

struct dead_table {
    struct rcu_head rcu;
};

static void put_dead_table(struct rcu_head *rcu)
{
    struct page *table = page_of(direct_to_phys(rcu) >> PAGE_SHIFT);

    memset(rcu, 0, sizeof(struct dead_table));
    page_put_zeroed(table);
}

/* No processor walks it any more. A fault without mmap_lock may still stand before its lock, or look at an
 * entry, and then ask the directory again: for so long the frame must be no one else's. Its own first words
 * carry it there. Every entry has been cleared, so the next table may be made of it as it is. */
static void put_table(struct page *table)
{
    struct dead_table *dead = page_address(table);

    if (faultlock.lock_free)
        rcu_call(&dead->rcu, put_dead_table);
    else
        page_put_zeroed(table);
}

/* `table_n` stays: that tables died is a debt of the flush, however early a mutant frees them. */
static void gather_release_tables(struct gather *g)
{
    for (u32 i = 0; i < g->table_n; i++) {
        if (g->tables[i])
            put_table(g->tables[i]);
        g->tables[i] = NULL;
    }
}

void gather_flush(struct gather *g)
{
    if (!g->end && !g->table_n)
        return;
    if (mutant(R43))
        gather_release_pages(g);
    if (mutant(R09))
        gather_release_tables(g);
    race_point(R43); /* cleared here, alive in other CPUs' TLBs: not a frame may go yet */
    race_point(R47); /* ... and what they write now must be written back, too */
    if (g->table_n) {
        race_point(R09); /* another CPU's walker may stand in the table */
        race_point(R50); /* ... or find it through its PDE cache */
        race_point(R51); /* ... and its kernel through the mirror */
    }
    shootdown_gather(g);
    gather_release_pages(g);
    gather_release_tables(g);
    g->table_n = 0;
    g->start = USER_END;
    g->end = 0;
}

void gather_end(struct gather *g)
{
    gather_flush(g);
    assert(g->n == 0 && g->table_n == 0);
    flush_debt_none();
}
