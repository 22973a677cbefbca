/*
 * faultlock=rwsem: faults share mmap_lock, changes of the map exclude them; it is held while a page is read
 * from disk. Linux until 2.6.37. Faults go on beside each other, but one slow read makes a waiting mmap wait,
 * and every fault that comes after that mmap with it.
 */
#include "mm/fault/fault_private.h"
#include "sync/rwsem_short.h"

/* Who took mmap_lock, for reports: this function, wherever it is inlined. */
#define HERE ((vaddr_t)(uintptr_t)region_enter_shared + 1)

always_inline lock_implementation enum fault_result region_enter_shared(struct fault *f)
{
    if (unlikely(rwsem_short_read_lock(&f->mm->mmap_lock, current, HERE, HOW_KILLABLE,
                                       sleep_lock_is_plain_in_task)))
        return FAULT_KILLED;
    f->vma = vma_find(f->mm, f->address);
    if (unlikely(!f->vma)) {
        rwsem_read_unlock(&f->mm->mmap_lock);
        return FAULT_NO_REGION;
    }
    return FAULT_DONE;
}

always_inline lock_implementation void region_leave_shared(struct fault *f)
{
    struct task *self = current;

    known(self != NULL); /* a fault is some task's */
    rwsem_short_read_unlock(&f->mm->mmap_lock, self);
}

const struct faultlock faultlock_rwsem = {
    .name = "rwsem",
    .enter = region_enter_shared,
    .still_valid = NULL, /* no region changes while anybody reads */
    .leave = region_leave_shared,
    .shares_mmap_lock = true,
    .holds_through_io = true,
};
