/* msync(2). A shared page is the cache's own page, so every reader of the file sees it already; there is no
 * device behind a mapping to write to. What is left is the checks. */
#include "mm/space/mm_private.h"

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

int mm_msync(struct mm *mm, vaddr_t start, u32 length, int flags)
{
    vaddr_t end, reached = start;
    int error = user_range(start, length, &end);

    might_sleep();
    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC))
        return -EINVAL;
    if (error || start == end)
        return error;
    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start <= reached && reached < end;
         vma = vma_next(vma)) {
        reached = vma->end;
        if ((flags & MS_INVALIDATE) && (vma->flags & VM_LOCKED))
            error = -EBUSY;
    }
    rwsem_read_unlock(&mm->mmap_lock);
    return error ? error : reached < end ? -ENOMEM : 0;
}
