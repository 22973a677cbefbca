/*
 * Which regions ask a program for their pages. Registering changes a region's flags, so a fault that has not
 * yet committed there begins anew, whatever the protocol: it either filled the entry before, or asks.
 *
 * fork and mremap copy no registration (vma_clone): the child's pages are its own business, and a handler
 * knows the old place only.
 */
#include "diag/assert.h"
#include "mm/fault/userfault_private.h"
#include "mm/space/mm_private.h"

/* 0, or why the region cannot be had. */
static int may_register(const struct vma *vma, const struct userfault *uf)
{
    if (vma->mapping && !vma->mapping->ops->is_memory)
        return -EINVAL;
    if (!(vma->flags & VM_MAYWRITE)) /* the pages would go into a file that the program may only read */
        return -EPERM;
    return vma->userfault && vma->userfault != uf ? -EBUSY : 0;
}

static int may_unregister(const struct vma *vma, const struct userfault *uf)
{
    if (vma->mapping && !vma->mapping->ops->is_memory)
        return -EINVAL;
    return vma->userfault && vma->userfault != uf ? -EINVAL : 0;
}

/* Asks `may` of each region in the range, of which there must be one. */
static int check_all(struct mm *mm, const struct userfault *uf, vaddr_t start, vaddr_t end,
                     int (*may)(const struct vma *, const struct userfault *)) must_hold(&mm->mmap_lock)
{
    struct vma *vma = vma_find_above(mm, start);
    int error = vma && vma->start < end ? 0 : -EINVAL;

    for (; vma && vma->start < end && !error; vma = vma_next(vma))
        error = may(vma, uf);
    return error;
}

/* All of a region asks `uf` from now on, or (NULL) nobody. Returns the region that it is part of then. */
static struct vma *set_one(struct mm *mm, struct vma *vma, struct userfault *uf) must_hold(&mm->mmap_lock)
{
    if (vma->userfault != uf) {
        vma_change_begin(mm, vma);
        vma->userfault = uf;
        WRITE_ONCE(vma->flags, uf ? vma->flags | VM_USERFAULT : vma->flags & ~VM_USERFAULT);
        vma_change_end(mm, vma);
    }
    return vma_merge(mm, vma);
}

static int set_all(struct mm *mm, vaddr_t start, vaddr_t end, struct userfault *uf) must_hold(&mm->mmap_lock)
{
    if (vma_isolate(mm, start, end))
        return -ENOMEM;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end;
         vma = vma_find_above(mm, vma->end))
        vma = set_one(mm, vma, uf);
    return 0;
}

/* The space with mmap_lock for write; -ENOMEM when its contents are gone: Linux's word for it. */
static int enter_space(struct mm *mm) try_acquires(0, &mm->mmap_lock);
static lock_implementation int enter_space(struct mm *mm)
{
    if (!mm_visit_begin(mm))
        return -ENOMEM;
    if (!rwsem_write_lock_killable(&mm->mmap_lock))
        return 0;
    mm_visit_end(mm);
    return -EINTR;
}

static void leave_space(struct mm *mm) releases(&mm->mmap_lock);
static lock_implementation void leave_space(struct mm *mm)
{
    rwsem_write_unlock(&mm->mmap_lock);
    mm_visit_end(mm);
}

int userfault_register(struct userfault *uf, vaddr_t start, vaddr_t end)
{
    struct mm *mm = uf->mm;
    int error = enter_space(mm);

    if (error)
        return error;
    error = check_all(mm, uf, start, end, may_register);
    if (!error) {
        atomic_bits_set(&mm->wary, MM_USERFAULT); /* before any region is: who sees the region sees it too */
        error = set_all(mm, start, end, uf);
    }
    leave_space(mm);
    return error;
}

int userfault_unregister(struct userfault *uf, vaddr_t start, vaddr_t end)
{
    struct mm *mm = uf->mm;
    int error = enter_space(mm);

    if (error)
        return error;
    error = check_all(mm, uf, start, end, may_unregister);
    if (!error)
        error = set_all(mm, start, end, NULL);
    if (!error)
        userfault_wake(uf, start, end);
    leave_space(mm);
    return error;
}

/* A region may be joined with the next one that is cleared: the search goes by address. */
static void clear_all_of(struct mm *mm, const struct userfault *uf) must_hold(&mm->mmap_lock)
{
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_find_above(mm, vma->end))
        if (vma->userfault == uf)
            vma = set_one(mm, vma, NULL);
}

void userfault_close(struct userfault *uf)
{
    struct mm *mm = uf->mm;

    might_sleep();
    if (mm_visit_begin(mm)) { /* else its regions are going, and nobody faults there any more */
        rwsem_write_lock(&mm->mmap_lock);
        clear_all_of(mm, uf);
        rwsem_write_unlock(&mm->mmap_lock);
        mm_visit_end(mm);
    }
    userfault_wake(uf, 0, USER_END);
    userfault_put(uf);
}
