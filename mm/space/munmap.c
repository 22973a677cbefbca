/* munmap(2), and the removal that MAP_FIXED, mremap and brk share with it. */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/space/mm_private.h"

int user_range(vaddr_t start, u32 length, vaddr_t *end)
{
    if (start & ~PAGE_MASK)
        return -EINVAL;
    if (start > USER_END || length > USER_END - start)
        return -ENOMEM;
    *end =
        start + ALIGN_UP(length, PAGE_SIZE); /* USER_END is a multiple of a page: rounding up stays below */
    return 0;
}

/* R08's mistake: the pages go while faults may run and the region is still there for them to find. */
static void zap_in_the_open(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *g)
    must_hold(&mm->mmap_lock)
{
    rwsem_downgrade(&mm->mmap_lock);
    pt_zap_pages(mm, start, end, g);
    race_point(R08);
    rwsem_read_unlock(&mm->mmap_lock);
    rwsem_write_lock(&mm->mmap_lock);
}

static void munmap_pages(struct mm *mm, vaddr_t start, vaddr_t end) must_hold(&mm->mmap_lock)
{
    struct gather g;

    mm_note_peak(mm);
    gather_begin(&g, mm);
    if (mutant(R08)) {
        zap_in_the_open(mm, start, end, &g);
    } else {
        pt_zap_pages(mm, start, end, &g);
        race_point(
            R08); /* the pages are gone, the region is not: a fault that got in now would fill them again */
    }
    pt_free_empty(mm, start, end, &g);
    gather_end(&g); /* before the lock goes: the range may be mapped anew the moment after */
}

int munmap_locked(struct mm *mm, vaddr_t start, vaddr_t end)
{
    struct vma *vma;

    rwsem_assert_write(&mm->mmap_lock);
    assert(start < end && end <= USER_END);
    vma = vma_find_above(mm, start);
    if (!vma || vma->start >= end)
        return 0;
    if (vma_isolate(mm, start, end))
        return -ENOMEM;
    for (vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma))
        vma_change_begin(mm, vma);
    munmap_pages(mm, start, end);
    while ((vma = vma_find_above(mm, start)) && vma->start < end)
        vma_discard(mm, vma);
    return 0;
}

int mm_munmap(struct mm *mm, vaddr_t start, u32 length)
{
    vaddr_t end;
    int error;

    might_sleep();
    if (!length || user_range(start, length, &end))
        return -EINVAL; /* whatever the reason: munmap(2) knows no other */
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    error = munmap_locked(mm, start, end);
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}

/* The attachment that began at `start`: every region in its range that shows what it showed there, and
 * nothing that took its place. */
static int detach_locked(struct mm *mm, vaddr_t start, void **owner) must_hold(&mm->mmap_lock)
{
    struct vma *vma = vma_find(mm, start);
    struct mapping *mapping = vma && vma->start == start && !vma->pgoff ? vma->mapping : NULL;
    vaddr_t end;
    int error = 0;

    if (!mapping || !mapping_is_shmem(mapping) || !shmem_owner(mapping))
        return -EINVAL;
    *owner = shmem_owner(mapping);
    end = start + MIN(mapping_pages(mapping) << PAGE_SHIFT, USER_END - start);
    for (vaddr_t at = start; !error && (vma = vma_find_above(mm, at)) && vma->start < end;) {
        at = vma->end;
        if (vma->mapping == mapping && vma->start == start + (vma->pgoff << PAGE_SHIFT))
            error = munmap_locked(mm, vma->start, vma->end);
    }
    return error;
}

int mm_detach(struct mm *mm, vaddr_t start, void **owner)
{
    int error;

    might_sleep();
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    error = detach_locked(mm, start, owner);
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}
