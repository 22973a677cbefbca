/* What of a region or a space is in memory, and whose it is: /proc/PID/smaps, status, pagemap. */
#pragma once
#include "mm/space/vma.h"

struct page_sums { /* in pages, but for pss */
    u32 resident, anon;
    u32 shared_clean, shared_dirty, private_clean, private_dirty; /* private: mapped once */
    u32 referenced, lazy;
    u64 pss; /* bytes: each page divided by the entries that map it */
};
/* Adds what the region has. The page tables' locks are taken one by one. */
void vma_measure(struct mm *mm, const struct vma *vma, struct page_sums *sums)
    must_hold_shared(&mm->mmap_lock);

struct space_sums {
    u32 resident, anon, shmem, stack, text; /* pages; stack and text of address space, the rest of memory */
    u32 peak_resident;                      /* the most there ever was */
};
/* One moment of the whole space; takes mmap_lock. Sleeps. */
void mm_measure(struct mm *mm, struct space_sums *sums);

/* `n` entries of /proc/PID/pagemap, from page `first` of the space on (Documentation/admin-guide/mm/pagemap).
 * Takes mmap_lock. 0 or -EINTR. Sleeps. */
must_check int mm_pagemap(struct mm *mm, u32 first, u32 n, u64 *entries);
