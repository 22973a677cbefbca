/*
 * faultlock=seq: no lock at all. The fault copies what the region says, works by the copy, and asks at the
 * very end, under the lock of the page table, whether the region still says so. Faults in different page
 * tables write no common line.
 *
 *     enter         preemption off: find the region; copy it between two looks at its sequence
 *     still_valid   nothing of the whole space has changed since (one load); or else the region that holds
 *                   the address now has the sequence that was copied
 *
 * Sequences are never used twice (mm/space/vma_change.c).
 *
 * Why that is enough: a writer marks the region before it touches an entry, and touches entries under the
 * lock that we hold while we ask. See vma_change.c for both cases.
 *
 * The copy keeps no file open, for the file's count would be a line that all its faults write. Who looks at
 * the file asks with preemption off whether the region is still the one that was copied, and looks before
 * preemption is on again (fault_pin_file): the region's own reference lasts until a grace period after its
 * end.
 */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "sync/rcu.h"

/* f->region becomes what the region for the address says, as far as a fault asks for it. False when there is
 * none that can be had so. */
static bool copy_region(struct fault *f)
{
    struct vma *vma = vma_find_lockfree(f->mm, f->address);
    u32 seq;

    if (!vma)
        return false;
    seq = load_acquire(&vma->seq);
    f->region.start = READ_ONCE(vma->start);
    f->region.end = READ_ONCE(vma->end);
    f->region.flags = READ_ONCE(vma->flags);
    f->region.pgoff = READ_ONCE(vma->pgoff);
    f->region.mapping = vma->mapping;
    f->region.has_private = READ_ONCE(vma->has_private);
    f->seen_seq = seq;
    race_point(R12); /* copied, not yet looked at again */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (((seq & 1) || READ_ONCE(vma->seq) != seq) && !mutant(R12))
        return false;
    if (f->address < f->region.start || f->address >= f->region.end)
        return false; /* split between the walk and the copy */
    return true;
}

static lock_implementation enum fault_result seq_enter(struct fault *f) try_acquires(0, f)
{
    bool found = false;

    if (!f->careful) {
        rcu_read_lock();
        f->seen_changes = load_acquire(&f->mm->changes);
        found = copy_region(f);
        rcu_read_unlock();
    }
    if (!found) {
        f->careful = true;
        return region_enter_shared(f);
    }
    f->vma = &f->region;
    return FAULT_DONE;
}

/* Preemption is off: the walk is a reader of RCU. */
static bool seq_still_valid(const struct fault *f)
{
    const struct vma *vma;

    assert(preempt_count());
    if (f->careful || READ_ONCE(f->mm->changes) == f->seen_changes)
        return true;
    vma = vma_find_lockfree(f->mm, f->address);
    return vma && READ_ONCE(vma->seq) == f->seen_seq;
}

static lock_implementation void seq_leave(struct fault *f) releases(f)
{
    if (f->careful)
        region_leave_shared(f);
}

const struct faultlock faultlock_seq = {
    .name = "seq",
    .enter = seq_enter,
    .still_valid = seq_still_valid,
    .leave = seq_leave,
    .holds_through_io = false,
    .lock_free = true,
    .copies_region = true,
};
