/*
 * Pages that are given up, and taken when memory is short (MADV_FREE).
 *
 *     anon (D) ---- madvise: D cleared, flushed ----> lazy ---- short of memory: taken, flushed ----> free
 *        ^                                              |
 *        +------------ the program writes: the walker sets D, and nobody is told
 *
 * The state is the D bit, so that a write takes it back without a fault. Every other way into private
 * anonymous memory fills the entry with D set; the kernel's own writes, which the walker does not see, set it
 * (mm/space/access.c).
 */
#include "diag/assert.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* True when it was dirty. */
static bool give_up(struct page *table, pte_t *slot) must_hold(page_ptl(table))
{
    pte_t now = pte_read(slot);

    while (pte_present(now) && pte_dirty(now) && page_is_own(entry_page(now))) {
        if (entry_replace(table, slot, now, pte_clean(now)))
            return true;
        now = pte_read(slot); /* the walker set A */
    }
    return false;
}

bool pt_make_lazy(struct mm *mm, vaddr_t start, vaddr_t end)
{
    bool cleaned = false;

    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    for (vaddr_t addr = pt_first(mm, start, end), stop; addr < end; addr = pt_first(mm, stop, end)) {
        struct page *table;
        pte_t *slot = pt_lock(mm, addr, &table);
        stop = pt_stop(addr, end);
        if (!slot)
            continue;
        for (; addr < stop; addr += PAGE_SIZE, slot++)
            cleaned |= give_up(table, slot);
        pt_unlock(table);
    }
    return cleaned;
}
