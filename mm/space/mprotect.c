/* mprotect(2): regions first, entries next, every CPU told before the lock goes. */
#include "diag/assert.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_write.h"

#define VM_RIGHTS (VM_READ | VM_WRITE | VM_EXEC)

/* How far [start, end) may be changed: to the first hole (-ENOMEM) or region that refuses the right
 * (-EACCES). What lies below is changed all the same, as Linux does. */
static vaddr_t mprotect_reach(struct mm *mm, vaddr_t start, vaddr_t end, u32 rights, int *error)
    must_hold_shared(&mm->mmap_lock)
{
    vaddr_t reached = start;

    *error = 0;
    for (struct vma *vma = vma_find_above(mm, start); reached < end; vma = vma_next(vma)) {
        if (!vma || vma->start > reached) {
            *error = -ENOMEM;
            return reached;
        }
        if ((rights & VM_WRITE) && (vma->flags & VM_SHARED) && !(vma->flags & VM_MAYWRITE)) {
            *error = -EACCES;
            return reached;
        }
        reached = MIN(vma->end, end);
    }
    return reached;
}

/* Regions of [start, end) that become writable: what they may hold then is promised now. 0 or -ENOMEM. */
static int mprotect_promise(struct mm *mm, vaddr_t start, vaddr_t end, u32 *charged)
    must_hold_shared(&mm->mmap_lock)
{
    u32 data = 0, promise = 0;

    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end; vma = vma_next(vma)) {
        u32 pages = (MIN(vma->end, end) - MAX(vma->start, start)) >> PAGE_SHIFT;
        if (!vma_is_data(vma->flags) && vma_is_data(vma->flags | VM_WRITE))
            data += pages;
        if (!(vma->flags & VM_ACCOUNT) && vma_is_promised(vma->flags | VM_WRITE))
            promise += pages;
    }
    if (data && !mm_may_become_data(mm, data))
        return -ENOMEM;
    *charged = promise;
    return promise ? commit_charge(promise) : 0;
}

static int mprotect_locked(struct mm *mm, vaddr_t start, vaddr_t end, u32 rights) must_hold(&mm->mmap_lock)
{
    u32 charged = 0;
    int refused;

    end = mprotect_reach(mm, start, end, rights, &refused);
    if (start == end)
        return refused;
    if ((rights & VM_WRITE) && mprotect_promise(mm, start, end, &charged))
        return -ENOMEM;
    if (vma_set_flags(mm, start, end, VM_RIGHTS, rights)) {
        commit_uncharge(charged); /* not a region was changed: there is no hole, so a split failed */
        return -ENOMEM;
    }
    if (pt_protect(mm, start, end, rights))
        shootdown_range(mm, start, end);
    flush_debt_none();
    return refused;
}

/* Where the stack begins that [start, end) shows a part of. 0 or -errno. */
static int stack_start(struct mm *mm, vaddr_t *start, vaddr_t end) must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find_above(mm, *start);

    if (!vma || vma->start >= end)
        return -ENOMEM;
    *start = vma->start;
    return vma->flags & VM_GROWSDOWN ? 0 : -EINVAL;
}

int mm_mprotect(struct mm *mm, vaddr_t start, u32 length, u32 vm_flags)
{
    vaddr_t end;
    int error = user_range(start, length, &end);

    might_sleep();
    assert(!(vm_flags & ~(VM_RIGHTS | VM_GROWSDOWN)));
    if (error || start == end)
        return error;
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    if (vm_flags & VM_GROWSDOWN)
        error = stack_start(mm, &start, end);
    if (!error)
        error = mprotect_locked(mm, start, end, vm_flags & VM_RIGHTS);
    rwsem_write_unlock(&mm->mmap_lock);
    return error;
}
