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
    struct gather g;
    int error = 0;
    bool hole;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    mm_note_peak(mm);
    gather_begin(&g, mm);
    g.only = advice == MADV_PAGEOUT ? GATHER_LAZY : GATHER_ALL;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma)) {
        error = discard_check(vma, advice);
        if (error)
            break;
        discard_part(mm, vma, start, end, advice, &g);
    }
    gather_end(&g);
    hole = vma_first_hole(mm, start, end) < end;
    rwsem_read_unlock(&mm->mmap_lock);
    return error ? error : hole ? -ENOMEM : 0;
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
    bool refused = false;
    vaddr_t hole;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    hole = vma_first_hole(mm, start, end);
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < hole; vma = vma_next(vma))
        refused |= vma->flags & forbidden;
    rwsem_read_unlock(&mm->mmap_lock);
    return refused ? -EINVAL : hole < end ? -ENOMEM : 0;
}

struct removable {
    vaddr_t start, end;   /* both `end` of the range when nothing is mapped there */
    struct mapping *file; /* referenced; NULL: nothing to remove */
    u32 first;            /* the file's page at start */
};

static int removable_check(const struct vma *vma)
{
    const u32 needed = VM_SHARED | VM_WRITE;

    if ((vma->flags & VM_LOCKED) || !vma->mapping)
        return -EINVAL;
    return (vma->flags & needed) != needed || !vma->mapping->ops->remove ? -EACCES : 0;
}

/* The first part of [start, end) that one region of a file shows, to be given back by the file itself. 0 or
 * -errno. */
static int removable_part(struct mm *mm, vaddr_t start, vaddr_t end, struct removable *part)
    must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find_above(mm, start);
    int error = vma && vma->start < end ? removable_check(vma) : 0;

    *part = (struct removable){.start = end, .end = end};
    if (error || !vma || vma->start >= end)
        return error;
    part->start = MAX(vma->start, start);
    part->end = MIN(vma->end, end);
    part->first = vma_index(vma, part->start);
    part->file = vma->mapping;
    part->file->ops->get(part->file);
    return 0;
}

/* Goes on over holes, and then says so. */
static int madvise_remove(struct mm *mm, vaddr_t start, vaddr_t end)
{
    bool hole = false;
    int error = 0;

    while (start < end && !error) {
        struct removable part;

        if (rwsem_read_lock_killable(&mm->mmap_lock))
            return -EINTR;
        error = removable_part(mm, start, end, &part);
        rwsem_read_unlock(&mm->mmap_lock); /* the file takes locks of its own, outside ours */
        if (part.file) {
            u32 last = part.first + ((part.end - part.start) >> PAGE_SHIFT);
            error = part.file->ops->remove(part.file, part.first, last);
            part.file->ops->put(part.file);
        }
        hole |= part.start > start;
        start = part.end;
    }
    return error ? error : hole ? -ENOMEM : 0;
}

/* A region that may only be written can be read all the same, and so populated, but that is not what was
 * asked. */
static int madvise_populate(struct mm *mm, vaddr_t start, vaddr_t end, bool write)
{
    vaddr_t stop = end;
    int error;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < stop; vma = vma_next(vma))
        if (!(vma->flags & (write ? VM_WRITE : VM_READ)))
            stop = MAX(vma->start, start);
    rwsem_read_unlock(&mm->mmap_lock);
    error = mm_populate(mm, start, stop - start, write);
    if (!error && stop < end)
        error = -EINVAL;
    return error == -EAGAIN ? -ENOMEM : error;
}

int mm_madvise(struct mm *mm, vaddr_t start, u32 length, int advice)
{
    vaddr_t end;
    int error = user_range(start, length, &end);

    might_sleep();
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
        return madvise_populate(mm, start, end, advice == MADV_POPULATE_WRITE);
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
