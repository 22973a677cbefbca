/*
 * msync(2). A shared page is the cache's own page, so every reader of the file sees it already. What is left
 * is to write it to what is behind the file, where anything is (ops->sync); the file takes locks of its own
 * for that, which come before mmap_lock, so this is let go around each region's part.
 */
#include "mm/space/mm_private.h"

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

struct part {
    vaddr_t start, end;
    struct mapping *file; /* referenced; NULL: nothing to write here */
    u32 first;            /* the file's page at start */
    bool hole;            /* nothing was mapped before start */
};

/* The first part of [from, end) that one region covers; empty, at `end`, when none does. */
static struct part next_part(struct mm *mm, vaddr_t from, vaddr_t end) must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find_above(mm, from);
    struct part part = {.start = end, .end = end, .hole = true};

    if (!vma || vma->start >= end)
        return part;
    part.start = MAX(vma->start, from);
    part.end = MIN(vma->end, end);
    part.hole = part.start > from;
    if ((vma->flags & VM_SHARED) && vma->mapping && vma->mapping->ops->sync) {
        part.file = vma->mapping;
        part.first = vma_index(vma, part.start);
        part.file->ops->get(part.file);
    }
    return part;
}

static int sync_part(const struct part *part)
{
    int error = part->file->ops->sync(part->file, part->first,
                                      part->first + ((part->end - part->start) >> PAGE_SHIFT));

    part->file->ops->put(part->file);
    return error;
}

static int sync_range(struct mm *mm, vaddr_t start, vaddr_t end)
{
    bool holes = false;
    int error = 0;

    while (start < end && !error) {
        struct part part;

        if (rwsem_read_lock_killable(&mm->mmap_lock))
            return -EINTR;
        part = next_part(mm, start, end);
        rwsem_read_unlock(&mm->mmap_lock);
        if (part.file)
            error = sync_part(&part);
        holes |= part.hole;
        start = part.end;
    }
    return error ? error : holes ? -ENOMEM : 0;
}

/* What needs no writing: is nothing locked that is to be invalidated, and all of it mapped? */
static int check_range(struct mm *mm, vaddr_t start, vaddr_t end, int flags)
{
    int error = 0;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    if (vma_first_hole(mm, start, end) < end)
        error = -ENOMEM;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma))
        if ((flags & MS_INVALIDATE) && (vma->flags & VM_LOCKED))
            error = -EBUSY;
    rwsem_read_unlock(&mm->mmap_lock);
    return error;
}

int mm_msync(struct mm *mm, vaddr_t start, u32 length, int flags)
{
    vaddr_t end;
    int error = user_range(start, length, &end);

    might_sleep();
    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC))
        return -EINVAL;
    if (error || start == end)
        return error;
    error = check_range(mm, start, end, flags);
    /* A hole is an error, but what is mapped around it is written all the same. */
    if (!(flags & MS_SYNC) || (error && error != -ENOMEM))
        return error;
    return sync_range(mm, start, end);
}
