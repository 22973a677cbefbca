/*
 * fork's work on the entries. Parent and child will share every private page, and neither may write it: the
 * parent's entry loses its right in the same exchange that reads it, so that no store of the parent falls
 * between.
 */
#include "diag/assert.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* What the child gets for one entry of the parent; takes the references that it needs. */
static always_inline pte_t copy_entry(struct page *table, pte_t *slot, pte_t entry, int *pages,
                                      bool *downgraded) must_hold(page_ptl(table))
{
    struct page *page = entry_page(entry);

    if (unlikely(pte_present(entry) && pte_writable(entry))) {
        entry = pte_without_write(entry_revoke_write(table, slot));
        *downgraded = true;
    }
    if (!page_is_zero(page)) {
        page_get(page);
        page_map_inc(page);
        ++*pages;
    }
    return entry;
}

/* All of [addr, end) lies in one table, which both sides have. */
static void copy_table(struct mm *parent, struct mm *child, vaddr_t addr, vaddr_t end, bool *downgraded)
{
    const u32 n = (end - addr) >> PAGE_SHIFT;
    int entries = 0, pages = 0;
    bool revoked = false;
    struct pt_pair pair;

    pt_lock_pair(parent, child, addr, &pair);
    pte_t *source = pair.slot[0], *target = pair.slot[1];
    for (u32 i = 0; i < n; i++) {
        pte_t entry = pte_read(source + i);
        if (pte_empty(entry))
            continue;
        entry_install(pair.table[1], target + i,
                      copy_entry(pair.table[0], source + i, entry, &pages, &revoked));
        entries++;
    }
    page_pt_account(pair.table[1], entries, pages);
    pt_unlock_pair(&pair);
    *downgraded |= revoked;
}

int pt_copy(struct mm *parent, struct mm *child, vaddr_t start, vaddr_t end, bool *downgraded)
{
    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    for (vaddr_t addr = start, stop; addr < end; addr = stop) {
        stop = pt_stop(addr, end);
        if (!pt_table(parent, addr))
            continue;
        if (pt_ensure(child, addr))
            return -ENOMEM;
        copy_table(parent, child, addr, stop, downgraded);
        race_point(
            R18); /* what lies below is copied, what lies above is not: no fault may install anything now */
    }
    return 0;
}
