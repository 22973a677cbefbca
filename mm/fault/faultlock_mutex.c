/*
 * faultlock=mutex: one fault of an address space at a time, and none beside mmap. What the 2004 note believed
 * of mmap_sem; kept to show what it costs.
 */
#include "mm/fault/fault_private.h"

static lock_implementation enum fault_result mutex_enter(struct fault *f) try_acquires(0, f)
{
    if (rwsem_write_lock_killable(&f->mm->mmap_lock))
        return FAULT_KILLED;
    f->vma = vma_find(f->mm, f->address);
    if (!f->vma) {
        rwsem_write_unlock(&f->mm->mmap_lock);
        return FAULT_NO_REGION;
    }
    return FAULT_DONE;
}

static lock_implementation void mutex_leave(struct fault *f) releases(f)
{
    rwsem_write_unlock(&f->mm->mmap_lock);
}

const struct faultlock faultlock_mutex = {
    .name = "mutex",
    .enter = mutex_enter,
    .still_valid = NULL, /* alone since enter */
    .leave = mutex_leave,
    .holds_through_io = true,
};
