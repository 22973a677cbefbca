/*
 * faultlock=vma: a lock in every region, found under RCU (Linux since 6.4). A fault enters its region and
 * writes that region's line alone; mmap of something else neither waits for it nor makes it wait. Changes of
 * the region itself wait until the faults inside have left.
 *
 *     no lock, preemption off: find the region; enter it unless it is being changed
 *     inside: does it (still) hold the address? it may have been split since it was found (R12)
 *     anything else                              leave; again, with mmap_lock shared
 *
 * That the object entered is the region found, and not one born again in its memory, is RCU's doing: memory
 * is not used again while preemption is off here. That it is in the tree: what leaves the tree is never let
 * in again.
 */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "sync/rcu.h"

/* The region, entered; or NULL. */
static struct vma *find_and_enter(struct fault *f)
{
    struct vma *vma;

    rcu_read_lock();
    vma = vma_find_lockfree(f->mm, f->address);
    race_point(R12); /* found, not entered: it may be split, or leave the tree */
    if (vma && !vma_try_enter(vma))
        vma = NULL;
    rcu_read_unlock();
    if (!vma || (vma->start <= f->address && f->address < vma->end) || mutant(R12))
        return vma;
    vma_leave(vma);
    return NULL;
}

static lock_implementation enum fault_result vma_enter(struct fault *f) try_acquires(0, f)
{
    f->vma = f->careful ? NULL : find_and_enter(f);
    if (!f->vma) {
        f->careful = true;
        return region_enter_shared(f);
    }
    assert(f->vma->mm == f->mm);
    return FAULT_DONE; /* a change may be announced by now: it waits until we leave */
}

static lock_implementation void vma_fault_leave(struct fault *f) releases(f)
{
    if (f->careful)
        region_leave_shared(f);
    else
        vma_leave(f->vma);
}

const struct faultlock faultlock_vma = {
    .name = "vma",
    .enter = vma_enter,
    .still_valid = NULL, /* nobody changes it while we are inside */
    .leave = vma_fault_leave,
    .holds_through_io = false,
    .lock_free = true,
    .enters_regions = true,
};
