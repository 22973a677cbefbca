/*
 * faultlock=rwsem: faults share mmap_lock, changes of the map exclude them; it is held while a page is read
 * from disk. Linux until 2.6.37. Faults go on beside each other, but one slow read makes a waiting mmap wait,
 * and every fault that comes after that mmap with it.
 */
#include "mm/fault/fault_private.h"

inline lock_implementation enum fault_result region_enter_shared(struct fault *f)
{
    if (unlikely(rwsem_read_lock_killable(&f->mm->mmap_lock)))
        return FAULT_KILLED;
    f->vma = vma_find(f->mm, f->address);
    if (unlikely(!f->vma)) {
        rwsem_read_unlock(&f->mm->mmap_lock);
        return FAULT_NO_REGION;
    }
    f->seen_seq = f->vma->seq;
    return FAULT_DONE;
}

inline lock_implementation void region_leave_shared(struct fault *f)
{
    rwsem_read_unlock(&f->mm->mmap_lock);
}

const struct faultlock faultlock_rwsem = {
    .name = "rwsem",
    .enter = region_enter_shared,
    .still_valid = NULL, /* no region changes while anybody reads */
    .leave = region_leave_shared,
    .holds_through_io = true,
};
