/*
 * Page tables of an address space: finding, allocating, counting and freeing them. Entry formats are arch/'s.
 */
#pragma once
#include "mm/mm.h"

/* The frame of the page table for addr, or NULL when its PDE is empty. One load; stable while mmap_lock is held in
 * any mode, since tables are freed only under its write side. */
struct page *pt_table(struct mm *mm, vaddr_t addr);
/* Makes sure there is one: allocates with no spinlock held, takes page_table_lock, rechecks, installs or frees the
 * loser (R02, S37). 0 or -ENOMEM. May sleep. */
int pt_ensure(struct mm *mm, vaddr_t addr);
/* Locks the table's PTEs and returns the slot for addr; NULL (nothing held) when there is no table. */
pte_t *pt_lock(struct mm *mm, vaddr_t addr, struct page **table);
void pt_unlock(struct page *table);

struct gather;
/* Clears and collects every PTE of [start, end); frames and emptied tables go to the gather, released after its flush. */
void pt_zap_range(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather) must_hold(&mm->mmap_lock);
/* The same for MADV_DONTNEED: tables stay. */
void pt_zap_pages(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather) must_hold_shared(&mm->mmap_lock);
/* Removes tables of [start, end) that hold no PTE and that no region outside needs; they go to the gather. */
void pt_free_empty(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather) must_hold(&mm->mmap_lock);
