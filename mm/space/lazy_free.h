/* Pages that MADV_FREE gave up, and those who take them. */
#pragma once
#include "mm/space/mm.h"

/* The pages of [start, end), all in private anonymous regions, may be taken from now on, until they are
 * written. Every CPU is flushed on return. */
void lazy_free_mark(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock);
/* Takes those of every space whose lock is free that were not written since. Sleeps; the caller holds no lock
 * at all. */
void lazy_free_reclaim(void);
void lazy_free_init(void);
