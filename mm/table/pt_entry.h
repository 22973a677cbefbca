/*
 * What mm/ puts into page-table entries, on top of arch/'s three kinds (empty, present, software).
 *
 * A page in a region that may not be accessed at all (PROT_NONE) keeps its place as a software entry: the
 * processor cannot reach it in any mode, so that a read(2) into it fails like the program's own access would.
 */
#pragma once
#include "arch/pgtable.h"
#include "diag/race.h"
#include "mm/frame/page.h"
#include "mm/space/vma.h"
#include "mm/table/pt_write.h"

#define ENTRY_EMPTY ((pte_t){0})

/* Software entries. A hidden one's payload: frame number, then D and A. The other two are what
 * mm/table/entry_check.c calls an entry that stands for a page on disk, or on its way to another frame. */
enum entry_software { ENTRY_HIDDEN = 1, ENTRY_SWAP, ENTRY_MIGRATING };
#define HIDDEN_DIRTY (1u << 20)
#define HIDDEN_YOUNG (1u << 21)

static inline bool entry_hidden(pte_t e)
{
    return !pte_present(e) && !pte_empty(e) && pte_software_type(e) == ENTRY_HIDDEN;
}
static inline pte_t entry_hide(pte_t e)
{
    return pte_software(ENTRY_HIDDEN,
                        pte_pfn(e) | (pte_dirty(e) ? HIDDEN_DIRTY : 0) | (pte_young(e) ? HIDDEN_YOUNG : 0));
}
/* Readable again; the right to write comes back with the next write fault, which knows whether to copy. */
static inline pte_t entry_unhide(pte_t e)
{
    u32 payload = pte_software_payload(e);
    return pte_make(payload & (HIDDEN_DIRTY - 1),
                    PROT_PTE_USER | (payload & HIDDEN_DIRTY ? PROT_PTE_DIRTY : 0));
}
/* The frame that an entry refers to, hidden or not. Not for empty ones. */
static inline u32 entry_pfn(pte_t e)
{
    return entry_hidden(e) ? pte_software_payload(e) & (HIDDEN_DIRTY - 1) : pte_pfn(e);
}
static inline struct page *entry_page(pte_t e)
{
    return page_at(entry_pfn(e));
}

static inline bool entry_dirty(pte_t e)
{
    return entry_hidden(e) ? pte_software_payload(e) & HIDDEN_DIRTY : pte_dirty(e);
}
/* The same entry of a page that was written; not for empty ones. */
static inline pte_t entry_with_dirty(pte_t e)
{
    if (entry_hidden(e))
        return pte_software(ENTRY_HIDDEN, pte_software_payload(e) | HIDDEN_DIRTY);
    return pte_make(pte_pfn(e), PROT_PTE_USER | PROT_PTE_DIRTY | (pte_writable(e) ? PROT_PTE_WRITE : 0));
}

/* How many of the n entries from `slot` on are empty before the first that is not. Under their table's lock.
 */
static inline u32 entries_empty(pte_t *slot, u32 n)
{
    u32 i = 0;

    while (i + 2 <= n && ptes_empty(pte_read(slot + i), pte_read(slot + i + 1)))
        i += 2;
    while (i < n && pte_empty(pte_read(slot + i)))
        i++;
    return i;
}

/* A page of no file that nothing but the one entry that maps it refers to. Under that entry's table's lock it
 * stays so. */
static inline bool page_is_own(struct page *page)
{
    return !page_is_zero(page) && !page_mapping(page) && !page_bit_test(page, PAGE_REMOVED) &&
           page_refs(page) == 1;
}
/* A page of its own in private anonymous memory that was given up (MADV_FREE) and not written since. Nothing
 * else clears D there: whoever fills such an entry sets it. */
static inline bool entry_is_lazy(pte_t e)
{
    return pte_present(e) && !pte_dirty(e) && page_is_own(entry_page(e));
}

/* What a region's pages may be used for; arch/ has no execute bit in two-level paging (PAE only: SDM vol.
 * 3A, 4.6.2). */
static inline unsigned entry_prot(u32 vm_flags, bool write)
{
    if (!write)
        return PROT_PTE_USER;
    return PROT_PTE_USER | PROT_PTE_DIRTY |
           (vm_flags & VM_WRITE ? PROT_PTE_WRITE : 0); /* forced: D without W */
}

/* ---- changes of live entries: the walker sets A and D behind our back, so never read, modify, write (R46)
 * ---- */
static inline void entry_grant_write(struct page *table, pte_t *slot) must_hold(page_ptl(table))
{
    pte_t old;
    do
        old = pte_read(slot);
    while (!entry_replace(table, slot, old, pte_with_write(old)));
}
/* Returns the entry as it was when it lost the right. */
static inline pte_t entry_revoke_write(struct page *table, pte_t *slot) must_hold(page_ptl(table))
{
    pte_t old;

    do
        old = pte_read(slot);
    while (!entry_replace(table, slot, old, pte_without_write(old)));
    return old;
}
