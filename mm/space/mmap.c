/* mmap(2): check, place, replace what was there, insert, populate. */
#include "diag/assert.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"

static int mmap_check(const struct mmap_request *request, u32 *length)
{
    u32 pages;

    if (!request->length)
        return -EINVAL;
    if (request->length > USER_END)
        return -ENOMEM;
    *length = ALIGN_UP(request->length, PAGE_SIZE);
    pages = *length >> PAGE_SHIFT;
    if (request->mapping && request->pgoff + pages < request->pgoff)
        return -EOVERFLOW;
    if (!(request->how & (MM_FIXED | MM_FIXED_NOREPLACE)))
        return 0;
    if (request->addr & ~PAGE_MASK)
        return -EINVAL;
    if (request->addr > USER_END - *length)
        return -ENOMEM;
    return request->addr < USER_START ? -EPERM : 0; /* page 0 stays unmapped: as Linux's mmap_min_addr */
}

/* The region that the request describes, not placed yet. NULL when no memory. */
static struct vma *mmap_make_region(struct mm *mm, const struct mmap_request *request, u32 length)
{
    struct vma *vma = vma_alloc(mm);

    if (!vma)
        return NULL;
    vma->flags = request->vm_flags;
    if (overcommit_mode == OVERCOMMIT_NEVER)
        vma->flags &= ~VM_NORESERVE; /* nobody is excused then */
    if (!request->mapping || !(request->vm_flags & VM_SHARED))
        vma->flags |= VM_MAYWRITE; /* nobody's file would change */
    vma->name = request->name;
    vma->mapping = request->mapping;
    vma->pgoff = request->pgoff;
    if (vma->mapping) {
        vma->mapping->ops->get(vma->mapping);
    } else if (vma->flags & VM_SHARED) {
        vma->mapping = shmem_create(length >> PAGE_SHIFT,
                                    !(vma->flags & VM_NORESERVE)); /* its one reference is the region's */
        vma->pgoff = 0;
        if (!vma->mapping) {
            vma_free(vma);
            return NULL;
        }
    }
    return vma;
}

/* Where it goes; what is in the way of MAP_FIXED goes away. An address, or negative. */
static s32 mmap_place(struct mm *mm, const struct mmap_request *request, u32 length) must_hold(&mm->mmap_lock)
{
    vaddr_t addr = request->addr;
    struct vma *above;
    int error;

    if (mm->vma_count >= VMA_LIMIT)
        return -ENOMEM;
    if (!(request->how & (MM_FIXED | MM_FIXED_NOREPLACE))) {
        addr = vma_find_hole(mm, length, request->addr);
        return addr ? (s32)addr : -ENOMEM;
    }
    above = vma_find_above(mm, addr);
    if (!above || above->start >= addr + length)
        return (s32)addr;
    if (request->how & MM_FIXED_NOREPLACE)
        return -EEXIST;
    error = munmap_locked(mm, addr, addr + length);
    return error ? error : (s32)addr;
}

/* Pages of [start, end) that are mapped. */
static u32 mapped_pages(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock)
{
    u32 pages = 0;

    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma))
        pages += (MIN(vma->end, end) - MAX(vma->start, start)) >> PAGE_SHIFT;
    return pages;
}

/* The limits of the process, before anything is replaced: what MAP_FIXED will replace does not count. */
static int mmap_permit(struct mm *mm, const struct mmap_request *request, u32 flags, u32 length)
    must_hold_shared(&mm->mmap_lock)
{
    u32 pages = length >> PAGE_SHIFT;

    if ((flags & VM_LOCKED) && !mm_may_lock(mm, pages))
        return -EAGAIN;
    if (!mm_may_grow(mm, pages, flags) &&
        (!(request->how & MM_FIXED) ||
         !mm_may_grow(mm, pages - mapped_pages(mm, request->addr, request->addr + length), flags)))
        return -ENOMEM;
    return 0;
}

static s32 mmap_locked(struct mm *mm, const struct mmap_request *request, struct vma *vma, u32 length)
    must_hold(&mm->mmap_lock)
{
    s32 addr;
    int error;

    vma->flags |= mm->def_flags;
    error = mmap_permit(mm, request, vma->flags, length);
    addr = error ? error : mmap_place(mm, request, length);
    if (mm_is_error(addr))
        return addr;
    if (vma_is_promised(vma->flags)) {
        if (commit_charge(length >> PAGE_SHIFT))
            return -ENOMEM;
        vma->flags |= VM_ACCOUNT;
    }
    vma->start = (vaddr_t)addr;
    vma->end = vma->start + length;
    if (!vma->mapping)
        vma->pgoff =
            vma->start >> PAGE_SHIFT; /* so that neighbours number their pages in one row and can join */
    vma_adopt(mm, vma);
    return addr;
}

s32 mm_mmap(struct mm *mm, const struct mmap_request *request)
{
    u32 length, populate;
    struct vma *vma;
    s32 addr;
    int error;

    might_sleep();
    error = mmap_check(request, &length);
    if (error)
        return error;
    vma = mmap_make_region(mm, request, length);
    if (!vma)
        return -ENOMEM;
    if (rwsem_write_lock_killable(&mm->mmap_lock)) {
        vma_free(vma);
        return -EINTR;
    }
    addr = mmap_locked(mm, request, vma, length);
    populate = (request->how & MM_POPULATE) || (request->vm_flags & VM_LOCKED) ||
               (mm->def_flags & (VM_LOCKED | VM_ONFAULT)) == VM_LOCKED;
    rwsem_write_unlock(&mm->mmap_lock);
    if (mm_is_error(addr))
        vma_free(vma);
    else if (populate && vma_accessible(request->vm_flags))
        (void)mm_populate(mm, (vaddr_t)addr, length,
                          (request->vm_flags & (VM_WRITE | VM_SHARED)) ==
                              VM_WRITE); /* its failure is not ours */
    return addr;
}
