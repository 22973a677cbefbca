/* madvise(2): what gives memory back, what fork does with it, what fills it, and hints that need nothing
 * done. */
#include "mm/space/lazy_free.h"
#include "mm/space/mm_private.h"

enum advice { /* Linux's numbers */
              MADV_NORMAL = 0,
              MADV_RANDOM = 1,
              MADV_SEQUENTIAL = 2,
              MADV_WILLNEED = 3,
              MADV_DONTNEED = 4,
              MADV_FREE = 8,
              MADV_REMOVE = 9,
              MADV_DONTFORK = 10,
              MADV_DOFORK = 11,
              MADV_MERGEABLE = 12,
              MADV_UNMERGEABLE = 13,
              MADV_HUGEPAGE = 14,
              MADV_NOHUGEPAGE = 15,
              MADV_DONTDUMP = 16,
              MADV_DODUMP = 17,
              MADV_WIPEONFORK = 18,
              MADV_KEEPONFORK = 19,
              MADV_COLD = 20,
              MADV_PAGEOUT = 21,
              MADV_POPULATE_READ = 22,
              MADV_POPULATE_WRITE = 23,
              MADV_DONTNEED_LOCKED = 24,
};

static int discard_check(const struct vma *vma, int advice)
{
    if ((vma->flags & VM_LOCKED) && advice != MADV_DONTNEED_LOCKED)
        return -EINVAL;
    return advice == MADV_FREE && vma->mapping ? -EINVAL : 0;
}

/* A region's part. Without swap MADV_PAGEOUT finds only what was given up to take. */
static void discard_part(struct mm *mm, const struct vma *vma, vaddr_t start, vaddr_t end, int advice,
                         struct gather *g) must_hold_shared(&mm->mmap_lock)
{
    start = MAX(vma->start, start);
    end = MIN(vma->end, end);
    if (advice == MADV_FREE)
        lazy_free_mark(mm, start, end);
    else if (advice != MADV_PAGEOUT || !vma->mapping)
        pt_zap_pages(mm, start, end, g);
}

/* Throws pages away; the regions stay, so the shared lock is enough: a fault beside us fills an entry before
 * or after we clear it, and both are right. */
static int madvise_discard(struct mm *mm, vaddr_t start, vaddr_t end, int advice)
{
    vaddr_t reached = start;
    struct gather g;
    int error = 0;
    bool hole = false;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    mm_note_peak(mm);
    gather_begin(&g, mm);
    g.only = advice == MADV_PAGEOUT ? GATHER_LAZY : GATHER_ALL;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma)) {
        error = discard_check(vma, advice);
        if (error)
            break;
        hole |= vma->start > reached;
        reached = MIN(vma->end, end);
        discard_part(mm, vma, start, end, advice, &g);
    }
    gather_end(&g);
    rwsem_read_unlock(&mm->mmap_lock);
    return error ? error : hole || reached < end ? -ENOMEM : 0;
}

static u32 flag_of(int advice)
{
    switch (advice) {
    case MADV_DONTFORK:
    case MADV_DOFORK:
        return VM_DONTFORK;
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
        return VM_WIPEONFORK;
    default:
        return VM_RANDOM; /* MADV_RANDOM sets it; MADV_NORMAL and MADV_SEQUENTIAL take it back */
    }
}

static int madvise_flags(struct mm *mm, vaddr_t start, vaddr_t end, int advice)
{
    u32 flag = flag_of(advice);
    bool sets = advice == MADV_DONTFORK || advice == MADV_WIPEONFORK || advice == MADV_RANDOM;
    int error = 0;

    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma))
        if (advice == MADV_WIPEONFORK && vma->mapping) /* private anonymous memory only: madvise(2) */
            error = -EINVAL;
    if (!error)
        error = vma_set_flags(mm, start, end, flag, sets ? flag : 0);
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}

/* Hints: right, if everything is mapped and no region has a flag that forbids them. */
static int madvise_hint(struct mm *mm, vaddr_t start, vaddr_t end, u32 forbidden)
{
    vaddr_t reached = start;
    bool refused = false;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start <= reached && reached < end;
         vma = vma_next(vma)) {
        reached = vma->end;
        refused |= vma->flags & forbidden;
    }
    rwsem_read_unlock(&mm->mmap_lock);
    return refused ? -EINVAL : reached < end ? -ENOMEM : 0;
}

/* The first part of [start, end) that one region of a file shows, to be given back by the file itself: *file
 * with a reference, pages [*first, *first + pages). Returns where the part ends, or `start` with *error. */
static vaddr_t removable_part(struct mm *mm, vaddr_t start, vaddr_t end, struct mapping **file, u32 *first,
                              int *error) must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find(mm, start);
    const u32 needed = VM_SHARED | VM_WRITE;

    *error = !vma ? -ENOMEM : (vma->flags & VM_LOCKED) || !vma->mapping ? -EINVAL : 0;
    if (!*error && ((vma->flags & needed) != needed || !vma->mapping->ops->remove))
        *error = -EACCES;
    if (*error)
        return start;
    *file = vma->mapping;
    vma->mapping->ops->get(vma->mapping);
    *first = vma_index(vma, start);
    return MIN(vma->end, end);
}

static int madvise_remove(struct mm *mm, vaddr_t start, vaddr_t end)
{
    int error = 0;

    while (start < end && !error) {
        struct mapping *file = NULL;
        vaddr_t stop = start;
        u32 first = 0;

        if (rwsem_read_lock_killable(&mm->mmap_lock))
            return -EINTR;
        stop = removable_part(mm, start, end, &file, &first, &error);
        rwsem_read_unlock(&mm->mmap_lock); /* the file takes locks of its own, outside ours */
        if (!error)
            error = file->ops->remove(file, first, first + ((stop - start) >> PAGE_SHIFT));
        if (file)
            file->ops->put(file);
        start = stop;
    }
    return error;
}

int mm_madvise(struct mm *mm, vaddr_t start, u32 length, int advice)
{
    vaddr_t end;
    int error;

    might_sleep();
    error = user_range(start, length, &end);
    if (error) /* beyond the user's half nothing is mapped; around the end there is no such range */
        return error == -ENOMEM && start + ALIGN_UP(length, PAGE_SIZE) >= start && length <= USER_END
                   ? -ENOMEM
                   : -EINVAL;
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_PAGEOUT:
        return start == end ? 0 : madvise_discard(mm, start, end, advice);
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
        return start == end ? 0 : madvise_flags(mm, start, end, advice);
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        error = mm_populate(mm, start, end - start, advice == MADV_POPULATE_WRITE);
        return error == -EAGAIN ? -ENOMEM : error;
    case MADV_REMOVE:
        return madvise_remove(mm, start, end);
    case MADV_COLD:
        return madvise_hint(mm, start, end, VM_LOCKED);
    case MADV_WILLNEED:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
        return madvise_hint(mm, start, end, 0);
    default:
        return -EINVAL;
    }
}
