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

static inline bool zap_wants(const struct gather *gather, pte_t seen)
{
    switch (gather->only) {
    case GATHER_REMOVED:
        return page_bit_test(entry_page(seen), PAGE_REMOVED);
    case GATHER_LAZY:
        return entry_is_lazy(seen);
    default:
        return true;
    }
}

/* A page that nobody needs, if nobody has written it since: taken out only as it was seen, clean. A processor
 * that writes it sets D before, by an atomic look at this very entry, so it comes first or faults. Empty: it
 * stays. */
static noinline pte_t zap_take_lazy(struct page *table, pte_t *slot, pte_t seen) must_hold(page_ptl(table))
{
    race_point(R61); /* the program may write it: no fault, no lock, only D in the entry */
    if (mutant(R61))
        return entry_take(table, slot);
    return entry_replace(table, slot, seen, ENTRY_EMPTY) ? seen : ENTRY_EMPTY;
}

/* Takes the entry out. `early`: what the mutant R55 believes it to be. */
static inline pte_t zap_take(const struct gather *gather, struct page *table, pte_t *slot, pte_t seen,
                             pte_t early) must_hold(page_ptl(table))
{
    if (unlikely(gather->only == GATHER_LAZY))
        return zap_take_lazy(table, slot, seen);
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
        } else if (zap_wants(gather, seen)) {
            pte_t old = zap_take(gather, table, slot, seen, early);
            early = ENTRY_EMPTY;
            if (likely(!pte_empty(old))) {
                full = zap_entry(gather, old, &pages);
                cleared++;
            }
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
