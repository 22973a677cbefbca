/* Taking pages out of an address space: clear and collect here, flush and release in gather.c. */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/mm_private.h"
#include "mm/pt_entry.h"

/* An entry that we took out: its frame goes to the gather. Returns whether that is full. */
static bool zap_entry(struct gather *gather, vaddr_t addr, pte_t old, int *pages)
{
    struct page *page = entry_page(old);

    if (page_is_zero(page))
        return gather_add(gather, addr, NULL);
    if (pte_present(old) && pte_dirty(old) && page_mapping(page))
        page_bit_set(page, PAGE_DIRTY);
    page_map_dec(page);
    ++*pages;
    return gather_add(gather, addr, page);
}

/* Clears entries from addr up to end, all in one table, until the gather is full. Returns where it stopped.
 */
static vaddr_t zap_table(struct mm *mm, vaddr_t addr, vaddr_t end, struct gather *gather)
{
    pte_t early = mutant(R55) ? pt_peek(mm, addr) : ENTRY_EMPTY;
    struct page *table;
    int cleared = 0, pages = 0;
    bool full = false;
    pte_t *slot;

    race_point(
        R55); /* another zapper may take any of these entries: only what the exchange returns is ours */
    slot = pt_lock(mm, addr, &table);
    if (!slot)
        return end;
    for (; addr < end && !full; addr += PAGE_SIZE, slot++) {
        pte_t old = pte_read(slot);
        if (mutant(R55) && !pte_empty(early))
            old = early;
        if (pte_empty(old))
            continue;
        if (mutant(R55) && !pte_empty(early))
            pte_xchg(slot, ENTRY_EMPTY);
        else
            old = pte_xchg(slot, ENTRY_EMPTY);
        early = ENTRY_EMPTY;
        cleared++;
        full = zap_entry(gather, addr, old, &pages);
    }
    page_pt_count_add(table, -cleared);
    pt_unlock(table);
    if (pages)
        atomic_add(&mm->rss, -pages);
    return addr;
}

void pt_zap_pages(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
{
    vaddr_t addr = start;

    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    while (addr < end) {
        vaddr_t stop = pt_stop(addr, end);
        if (!pt_table(mm, addr)) {
            addr = stop;
            continue;
        }
        addr = zap_table(mm, addr, stop, gather);
        if (addr < stop || gather->n == GATHER_PAGES)
            gather_flush(gather);
    }
}

void pt_zap_range(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
{
    rwsem_assert_write(&mm->mmap_lock);
    pt_zap_pages(mm, start, end, gather);
    pt_free_empty(mm, start, end, gather);
}
