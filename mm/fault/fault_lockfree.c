/*
 * Faults that run without mmap_lock, and what they leave to those that have it.
 *
 *   no region found        it may be there all the same (vma_walk.c)
 *   no page table          a new one could come while munmap of a neighbour still flushes the old one: this
 *                          CPU's mirror and PDE caches might lead to that (R50, R51). munmap excludes
 *                          mmap_lock
 *   a hidden page          mprotect is on its way through the entries, from no rights to some
 *   first private page     seq: the region must be told (has_private), and we have a copy of it
 *   region or table stale  at the recheck: once more, and this time nobody gets in between; so no fault
 *                          starves
 *
 * All of them are rare: once for 4 MiB, once for a region, or once for a change that hit this very fault.
 */
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"
#include "sync/rcu.h"

enum fault_result fault_be_careful(struct fault *f)
{
    f->careful = true;
    f->stale = false;
    return fault_wait_for(f, NULL, NULL, 0);
}

static bool region_must_be_told(const struct fault *f)
{
    return faultlock.copies_region && fault_is_write(f) && !f->vma->has_private &&
           !(f->vma->flags & VM_SHARED);
}

#ifdef FL_TEST
/* R14's mistake: waits for mmap_lock without leaving the region first. */
static void make_table_inside(struct fault *f)
{
    rwsem_read_lock(&f->mm->mmap_lock);
    (void)!pt_ensure(f->mm, f->address);
    rwsem_read_unlock(&f->mm->mmap_lock);
}
#else
#define make_table_inside(f) ((void)0)
#endif

static bool look(struct fault *f)
{
    bool seen = false;

    rcu_read_lock();
    f->table = pt_table(f->mm, f->address);
    if (f->table)
        f->seen_pte = pt_peek_lockfree(f->mm, f->address, f->table, &seen);
    rcu_read_unlock();
    return seen && (pte_empty(f->seen_pte) || pte_present(f->seen_pte));
}

bool fault_look_lockfree(struct fault *f)
{
    race_point(R14); /* inside the region: a writer may have mmap_lock by now, and wait until we leave */
    if (mutant(R14))
        make_table_inside(f);
    f->stale = region_must_be_told(f) || !look(f);
    return !f->stale;
}
