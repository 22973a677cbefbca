/* Taking pages out of an address space: clear and collect here, flush and release in gather.c. */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* An entry that we took out: its frame goes to the gather. Returns whether that is full. */
static inline bool zap_entry(struct gather *gather, pte_t old, int *pages)
{
    struct page *page = entry_page(old);
    bool dirty;

    if (page_is_zero(page) && !mutant(R56))
        return false; /* everybody's: never counted, so never counted down (R56) */
    dirty = pte_present(old) && pte_dirty(old) && page_mapping(page);
    if (mutant(R47) && dirty) {
        page_bit_set(page, PAGE_DIRTY);
        dirty = false;
    }
    page_map_dec(page);
    ++*pages;
    return gather_add(gather, page, dirty);
}

/* Takes the entry out. `early`: what the mutant R55 believes it to be. */
static inline pte_t zap_take(struct page *table, pte_t *slot, pte_t early) must_hold(page_ptl(table))
{
    pte_t old = entry_take(table, slot);

    return mutant(R55) && !pte_empty(early) ? early : old;
}

/* Clears entries from addr up to end, all in one table, until the gather is full. Returns where it stopped,
 * `end` too when the table holds nothing more. */
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
    /* An entry that was taken out is one less to look for: most tables are nearly empty. */
    int left = mutant(R55) ? (int)PTES : page_pt_account(table, 0, 0);
    vaddr_t first = addr, stop = 0; /* of what is cleared: the flush is as narrow as can be */
    while (addr < end && cleared < left && !full) {
        pte_t seen = pte_read(slot);
        u32 step = 1;
        if (pte_empty(seen) && pte_empty(early)) {
            step = entries_empty(slot, (end - addr) >> PAGE_SHIFT);
            first = cleared ? first : addr + (step << PAGE_SHIFT);
            stop = addr + (step << PAGE_SHIFT) == end ? addr : 0;
        } else if (!gather->only_removed || page_bit_test(entry_page(seen), PAGE_REMOVED)) {
            full = zap_entry(gather, zap_take(table, slot, early), &pages);
            early = ENTRY_EMPTY;
            cleared++;
        }
        addr += step << PAGE_SHIFT;
        slot += step;
    }
    if (cleared)
        gather_cover(gather, first, stop ? stop : addr);
    page_pt_account(table, -cleared, -pages);
    pt_unlock(table);
    return cleared < left ? addr : end;
}

void pt_zap_pages(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
{
    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    for (vaddr_t addr = pt_first(mm, start, end); addr < end; addr = pt_first(mm, addr, end)) {
        vaddr_t stop = pt_stop(addr, end);
        addr = zap_table(mm, addr, stop, gather);
        if (addr < stop || gather->n == GATHER_PAGES)
            gather_flush(gather);
    }
}
