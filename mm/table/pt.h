/*
 * Page tables of an address space: finding, allocating, counting and freeing them. Entry formats are arch/'s.
 */
#pragma once
#include "mm/space/mm.h"

/* The frame of the page table for addr, or NULL when its PDE is empty. One load; stable while mmap_lock is
 * held in any mode, since tables are freed only under its write side. */
struct page *pt_table(struct mm *mm, vaddr_t addr);
/* Makes sure there is one: allocates with no spinlock held, takes page_table_lock, rechecks, installs or
 * frees the loser (R02, S37). 0 or -ENOMEM. May sleep. */
int pt_ensure(struct mm *mm, vaddr_t addr);
/* What the entry for addr holds now, read with no lock; empty when there is no table. mmap_lock held in any
 * mode. It may be another a moment later: compare again under the table's lock. */
pte_t pt_peek(struct mm *mm, vaddr_t addr);
/* The slot for addr where there is a table, for as long as there is (mmap_lock held in any mode); read with
 * no lock, or changed once the table is locked. On whatever CPU the task goes on: where the slot is one in
 * the mirror, that of its own space, which goes with it. */
pte_t *pt_slot_known(struct mm *mm, vaddr_t addr);
/* Locks the table's PTEs and returns the slot for addr (pte_slot(), closed by pt_unlock()); NULL (nothing
 * held) when there is no table. The slots up to the end of the table follow it. */
pte_t *pt_lock(struct mm *mm, vaddr_t addr, struct page **table) try_acquires(true, page_ptl(*table));
/* The lock alone, where table and slot (pt_slot_known()) are known. */
void pt_lock_known(struct page *table) acquires(page_ptl(table));
void pt_unlock_known(struct page *table) releases(page_ptl(table));
/* Locks the tables that two spaces have for addr; both must exist, and nobody else can reach the second space
 * yet. Both locks first, then the slots: no lock is taken while a slot is open. */
struct pt_pair {
    struct page *table[2];
    pte_t *slot[2];
};
void pt_lock_pair(struct mm *first, struct mm *second, vaddr_t addr, struct pt_pair *pair)
    acquires(page_ptl(pair->table[0]), page_ptl(pair->table[1]));
void pt_unlock_pair(struct pt_pair *pair) releases(page_ptl(pair->table[0]), page_ptl(pair->table[1]));
/* The same with no mmap_lock, where the directory said `table` some time ago: NULL (nothing held) when it
 * says something else now. While the lock is held it goes on saying so (R09). Back by pt_unlock_known(). */
pte_t *pt_lock_if_same(struct mm *mm, vaddr_t addr, struct page *table) try_acquires(true, page_ptl(table));
/* What the entry holds, with no mmap_lock; *seen is false when the directory does not say `table` any more.
 * Preemption off since `table` was read. */
must_check pte_t pt_peek_lockfree(struct mm *mm, vaddr_t addr, struct page *table, bool *seen);
void pt_unlock(struct page *table) releases(page_ptl(table));
/* The end of the table that addr is in, or `end` if that comes first. */
static inline vaddr_t pt_stop(vaddr_t addr, vaddr_t end)
{
    vaddr_t next = (addr & ~(PDE_SIZE - 1)) + PDE_SIZE;
    return next < end ? next : end; /* USER_END is below the top: no wrap */
}

/* The first address of [addr, end) that has a table, or `end`. mmap_lock in any mode. */
vaddr_t pt_first(struct mm *mm, vaddr_t addr, vaddr_t end);

struct gather;
/* Clears and collects every PTE of [start, end). Frames go to the gather, which is flushed as it fills; what
 * is left in it is the caller's to flush. Tables stay: a fault may stand in one (mmap_lock is perhaps only
 * shared). */
void pt_zap_pages(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
    must_hold_shared(&mm->mmap_lock);
/* Removes the tables of [start, end) that hold no entry; they go to the gather (S31). */
void pt_free_empty(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
    must_hold(&mm->mmap_lock);
/* Gives every entry of [start, end) the rights that vm_flags allow at once (rights to write come with the
 * next fault). True when some right was taken away: the caller owes a shootdown of the range before it lets
 * the lock go. */
must_check bool pt_protect(struct mm *mm, vaddr_t start, vaddr_t end, u32 vm_flags) must_hold(&mm->mmap_lock);
/* No entry of [start, end) may be written any more, and none says that its page was. True when some could be:
 * the caller owes a shootdown of the range before anything goes by that. Shared mappings of files only: the
 * next write faults, and marks the page. */
must_check bool pt_clean(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock);
/* Every page of [start, end) that is the space's own is given up until it is written again (entry_is_lazy).
 * True when some was dirty: the caller owes a shootdown of the range before it returns, or a processor writes
 * such a page by what it remembers of D. Private anonymous regions only. */
must_check bool pt_make_lazy(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock);
/* Moves every entry of [from, from + length) to `to`; no overlap, `to` empty. Flushed on return. 0 or -ENOMEM
 * with nothing moved. Sleeps. */
int pt_move(struct mm *mm, vaddr_t from, vaddr_t to, u32 length) must_hold(&mm->mmap_lock);
/* Copies the entries of [start, end) to the child, copy on write: both sides lose the right to write.
 * *downgraded is set when the parent lost one: the caller owes a shootdown of the parent (R17). 0 or -ENOMEM.
 * Sleeps. */
int pt_copy(struct mm *parent, struct mm *child, vaddr_t start, vaddr_t end, bool *downgraded)
    must_hold(&parent->mmap_lock, &child->mmap_lock);
