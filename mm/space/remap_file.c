/*
 * remap_file_pages(2): other pages of the file that is shown here. Linux kept a map of its own for it
 * until 4.0; since then, as here, it is a mmap over the old place.
 */
#include "mm/space/mm_private.h"

/* All of [start, end) shows one file, shared, with the same rights and without a hole. The region that start
 * is in. */
static struct vma *one_shared_file(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock)
{
    struct vma *first = vma_find(mm, start);

    if (!first || !(first->flags & VM_SHARED) || !first->mapping)
        return NULL;
    for (struct vma *vma = first; vma->end < end;) {
        vaddr_t reached = vma->end;
        vma = vma_next(vma);
        if (!vma || vma->start != reached || vma->mapping != first->mapping || vma->flags != first->flags)
            return NULL;
    }
    return first;
}

static int remap_locked(struct mm *mm, vaddr_t start, vaddr_t end, u32 pgoff) must_hold(&mm->mmap_lock)
{
    struct vma *old = one_shared_file(mm, start, end), *vma;
    int error;

    if (!old)
        return -EINVAL;
    vma = vma_clone(old, mm);
    if (!vma)
        return -ENOMEM;
    vma->start = start;
    vma->end = end;
    vma->pgoff = pgoff;
    error = munmap_locked(mm, start, end);
    if (error)
        vma_free(vma);
    else
        vma_adopt(mm, vma);
    return error;
}

int mm_remap_file_pages(struct mm *mm, vaddr_t start, u32 length, u32 pgoff, bool populate)
{
    vaddr_t end;
    int error;

    might_sleep();
    start &= PAGE_MASK;
    length &= PAGE_MASK;
    if (!length || user_range(start, length, &end) || pgoff + (length >> PAGE_SHIFT) < pgoff)
        return -EINVAL;
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    error = remap_locked(mm, start, end, pgoff);
    rwsem_write_unlock(&mm->mmap_lock);
    if (!error && populate)
        (void)mm_populate(mm, start, length, false); /* its failure is not ours */
    return error;
}
