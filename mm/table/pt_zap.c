/* Taking pages out of an address space: clear and collect here, flush and release in gather.c. */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* An entry that we took out: what is gathered of it stands at `to`. Returns where the next goes. */
static always_inline struct gathered *zap_entry(struct gathered *to, pte_t old)
{
    struct page *page = entry_page(old);
    bool dirty;

    if (page_is_zero(page) && !mutant(R56))
        return to; /* everybody's: never counted, so never counted down (R56) */
    dirty = unlikely(page_mapping(page)) && pte_present(old) && pte_dirty(old);
    if (mutant(R47) && dirty) {
        page_bit_set(page, PAGE_DIRTY);
        dirty = false;
    }
    page_map_dec(page);
    *to = gathered(page, dirty);
    return to + 1;
}

static inline bool zap_wants(enum gather_only only, pte_t seen)
{
    switch (only) {
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

struct zapped {
    int entries, pages;
};

/* Takes out what lies in one row from `slot` on, at most `most` entries: there is room for as many. Returns
 * how many it has looked at. */
static always_inline u32 zap_row(struct page *table, pte_t *slot, u32 most, struct gather *gather,
                                 enum gather_only only, struct zapped *zapped) must_hold(page_ptl(table))
{
    struct gathered *from = gather_next(gather), *to = from;
    u32 i;

    for (i = 0; i < most; i++) {
        pte_t old, seen = pte_read(slot + i);
        if (pte_empty(seen))
            break;
        if (!zap_wants(only, seen))
            continue;
        old = only == GATHER_LAZY ? zap_take_lazy(table, slot + i, seen) : entry_take(table, slot + i);
        if (only == GATHER_LAZY && pte_empty(old))
            continue;
        to = zap_entry(to, old);
        zapped->entries += only != GATHER_ALL;
    }
    zapped->entries += only == GATHER_ALL ? (int)i : 0;
    zapped->pages += to - from;
    gather_reach(gather, to);
    return i;
}

/* Clears entries from addr up to end, all in one table, until the gather is full. Returns where it stopped,
 * `end` too when the table holds nothing more. */
static vaddr_t zap_locked(struct page *table, pte_t *slot, vaddr_t addr, vaddr_t end, struct gather *gather)
    must_hold(page_ptl(table))
{
    /* An entry that was taken out is one less to look for: most tables are nearly empty. */
    const int left = mutant(R55) ? (int)PTES : page_pt_entries(table);
    struct zapped zapped = {0};

    while (addr < end && zapped.entries < left && !gather_full(gather)) {
        u32 n = entries_empty(slot, (end - addr) >> PAGE_SHIFT), most, seen;
        int before = zapped.entries;
        addr += n << PAGE_SHIFT;
        slot += n;
        most = MIN((end - addr) >> PAGE_SHIFT, gather_room(gather));
        if (likely(gather->only == GATHER_ALL))
            seen = zap_row(table, slot, most, gather, GATHER_ALL, &zapped);
        else
            seen = zap_row(table, slot, most, gather, gather->only, &zapped);
        if (zapped.entries != before)
            gather_cover(gather, addr, addr + (seen << PAGE_SHIFT));
        addr += seen << PAGE_SHIFT;
        slot += seen;
    }
    if (zapped.entries)
        page_pt_account(table, -zapped.entries, -zapped.pages);
    return zapped.entries < left ? addr : end;
}

/* The mistake R55: takes the entry out, and goes by what it was before the lock. */
static void zap_early(struct page *table, pte_t *slot, vaddr_t addr, pte_t early, struct gather *gather)
    must_hold(page_ptl(table))
{
    struct gathered *from = gather_next(gather), *to;

    entry_take(table, slot);
    to = zap_entry(from, early);
    gather_reach(gather, to);
    gather_cover(gather, addr, addr + PAGE_SIZE);
    page_pt_account(table, -1, from - to);
}

static vaddr_t zap_table(struct mm *mm, vaddr_t addr, vaddr_t end, struct gather *gather)
{
    pte_t early = mutant(R55) ? pt_peek(mm, addr) : ENTRY_EMPTY;
    struct page *table;
    pte_t *slot;

    race_point(
        R55); /* another zapper may take any of these entries: only what the exchange returns is ours */
    slot = pt_lock(mm, addr, &table);
    if (!slot)
        return end;
    if (mutant(R55) && !pte_empty(early))
        zap_early(table, slot, addr, early, gather);
    addr = zap_locked(table, slot, addr, end, gather);
    pt_unlock(table);
    return addr;
}

void pt_zap_pages(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
{
    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    for (vaddr_t addr = pt_first(mm, start, end); addr < end; addr = pt_first(mm, addr, end)) {
        vaddr_t stop = pt_stop(addr, end);
        addr = zap_table(mm, addr, stop, gather);
        if (addr < stop || gather_full(gather))
            gather_flush(gather);
    }
}
