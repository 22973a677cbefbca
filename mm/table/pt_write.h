/*
 * Writing the entries of an address space's page tables: there is no other way (tools/check_layers.py). All
 * under the table's lock; `slot` is one of `table`. In the test image each write is looked at
 * (mm/table/entry_check.c): may this become that, are page and lock as they must be, and is a flush owed from
 * now on?
 */
#pragma once
#include "arch/pgtable.h"
#include "mm/frame/page.h"

#ifdef FL_TEST
/* Fills an empty entry; a release store, so the page's contents are complete before it can be seen (R04). */
void entry_install(struct page *table, pte_t *slot, pte_t entry) must_hold(page_ptl(table));
/* Empties it, and returns what it held, with the A and D that the walker set to the last; a full barrier. */
pte_t entry_take(struct page *table, pte_t *slot) must_hold(page_ptl(table));
/* From `old` to `entry`; false, nothing done, when it holds something else: the walker set A or D. */
must_check bool entry_replace(struct page *table, pte_t *slot, pte_t old, pte_t entry)
    must_hold(page_ptl(table));

/* The running task owes everybody a flush of what it took from entries. This much of it was done: */
void flush_debt_paid(const struct mm *mm, vaddr_t start, vaddr_t end);
/* Where frames are let go, or an operation ends: panics, naming the writer, when some of it is not. */
void flush_debt_none(void);
#else
static inline void entry_install(struct page *table, pte_t *slot, pte_t entry) must_hold(page_ptl(table))
{
    pte_install(slot, entry);
}
static inline pte_t entry_take(struct page *table, pte_t *slot) must_hold(page_ptl(table))
{
    return pte_xchg(slot, (pte_t){0});
}
static inline must_check bool entry_replace(struct page *table, pte_t *slot, pte_t old, pte_t entry)
    must_hold(page_ptl(table))
{
    return pte_cmpxchg(slot, old, entry);
}
#define flush_debt_paid(mm, start, end) ((void)0)
#define flush_debt_none()               ((void)0)
#endif
