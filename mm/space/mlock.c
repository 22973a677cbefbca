/* mlock(2) and its family. Nothing is paged out yet, so a lock means: accounted, and present at once. */
#include "mm/fault/fault.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"

/* mlock(2) knows two reasons: no memory now, and a page that cannot be there. */
static int mlock_error(int error)
{
    return error == -EAGAIN || error == -EINTR || !error ? error : -ENOMEM;
}

/* Faults in what is locked of [start, end): for writing where the program may, so that no fault is left over.
 * Up to the first page that cannot be had, or all the others too (mlockall). */
static int mlock_populate(struct mm *mm, vaddr_t start, vaddr_t end, bool all)
{
    vaddr_t addr = start;
    int error = 0;

    while ((!error || all) && addr < end) {
        struct vma *vma;
        vaddr_t stop = end;
        u32 flags = 0;

        if (rwsem_read_lock_killable(&mm->mmap_lock))
            return -EINTR;
        vma = vma_find_above(mm, addr);
        if (vma && vma->start < end) {
            addr = MAX(addr, vma->start);
            stop = MIN(end, vma->end);
            flags = vma->flags;
        }
        rwsem_read_unlock(&mm->mmap_lock); /* it may change now: then a page less or more is faulted in */
        if ((flags & VM_LOCKED) && vma_accessible(flags))
            error = mm_populate(mm, addr, stop - addr, (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE);
        else if (flags & VM_LOCKED)
            error = -ENOMEM;
        addr = stop;
    }
    return mlock_error(error);
}

static u32 locked_flags(bool on_fault)
{
    return VM_LOCKED | (on_fault ? VM_ONFAULT : 0);
}

/* Pages of [start, end) that are mapped and not locked yet. */
static u32 unlocked_pages(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock)
{
    u32 pages = 0;

    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma))
        if (!(vma->flags & VM_LOCKED))
            pages += (MIN(vma->end, end) - MAX(vma->start, start)) >> PAGE_SHIFT;
    return pages;
}

int mm_mlock(struct mm *mm, vaddr_t start, u32 length, bool lock, bool on_fault)
{
    vaddr_t first = start & PAGE_MASK, end;
    int error;

    might_sleep();
    if (length > USER_END)
        return -ENOMEM;
    error = user_range(first, length + (start - first), &end);
    if (error || first == end)
        return error;
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    error = lock && !mm_may_lock(mm, unlocked_pages(mm, first, end)) ? -ENOMEM : 0;
    if (!error) {
        vaddr_t reached = vma_first_hole(mm, first, end); /* as far it goes before it says so */
        error = vma_set_flags(mm, first, reached, VM_LOCKED | VM_ONFAULT, lock ? locked_flags(on_fault) : 0);
        error = reached < end ? -ENOMEM : error;
    }
    rwsem_write_unlock(&mm->mmap_lock);
    return !error && lock && !on_fault ? mlock_populate(mm, first, end, false) : error;
}

int mm_mlock_all(struct mm *mm, bool now, bool future, bool on_fault)
{
    might_sleep();
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    if (now && !mm_may_lock(mm, unlocked_pages(mm, 0, USER_END))) {
        rwsem_write_unlock(&mm->mmap_lock);
        return -ENOMEM;
    }
    mm->def_flags = future ? locked_flags(on_fault) : 0;
    if (now || !future) /* neither: munlockall */
        (void)vma_set_flags(mm, 0, USER_END, VM_LOCKED | VM_ONFAULT,
                            now ? locked_flags(on_fault) : 0); /* holes are no error here */
    rwsem_write_unlock(&mm->mmap_lock);
    if (now && !on_fault)
        (void)mlock_populate(mm, USER_START, USER_END, true); /* mlockall(2) reports no failure of this */
    return 0;
}
