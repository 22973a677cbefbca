/*
 * A stack grows. That moves a region's start, which is a change of the tree (its order, and what its
 * neighbours may become), so it is done as every other change is: with mmap_lock exclusive. Doing it under
 * the shared lock of the fault was StackRot (R13, CVE-2023-3269).
 */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"

/* The stack that could come down to addr, or NULL. */
static struct vma *stack_above(struct mm *mm, vaddr_t addr) must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find_above(mm, addr);
    struct vma *below;

    if (!vma || !(vma->flags & VM_GROWSDOWN) || vma->start <= addr)
        return NULL;
    if (addr < PLACE_MIN || vma->end - addr > mm_stack_limit())
        return NULL;
    below = vma_prev(vma);
    if (below && vma_accessible(below->flags) && !(below->flags & VM_GROWSDOWN) &&
        addr - below->end < STACK_GUARD)
        return NULL; /* a program that jumps over its stack's end must not land in its neighbour */
    if ((vma->start - addr) >> PAGE_SHIFT > vma->pgoff)
        return NULL; /* a stack that was moved has kept its pages' numbers, and there is none below 0 */
    return vma;
}

static enum fault_result stack_grow_locked(struct mm *mm, vaddr_t addr) must_hold(&mm->mmap_lock)
{
    struct vma *vma = stack_above(mm, addr);
    u32 pages;

    if (!vma)
        return vma_find(mm, addr) ? FAULT_WAIT
                                  : FAULT_NO_REGION; /* another thread has grown it, or there is none */
    pages = (vma->start - addr) >> PAGE_SHIFT;
    if (!mm_may_grow(mm, pages, vma->flags) || ((vma->flags & VM_LOCKED) && !mm_may_lock(mm, pages)) ||
        ((vma->flags & VM_ACCOUNT) && commit_charge(pages)))
        return FAULT_NO_REGION; /* the program sees a stack that has come to its end */
    vma_change_begin(mm, vma);
    WRITE_ONCE(vma->start, addr); /* the order in the tree is the same: nothing lies between */
    WRITE_ONCE(vma->pgoff, vma->pgoff - pages);
    mm_account(mm, vma->flags, (int)pages);
    vma_change_end(mm, vma);
    count_event_anywhere(pgfault_stack);
    return FAULT_WAIT; /* look again: now it is there */
}

#ifdef FL_TEST
static enum fault_result stack_grow_shared(struct fault *f)
{
    struct vma *vma;

    rwsem_read_lock(&f->mm->mmap_lock);
    vma = stack_above(f->mm, f->address);
    race_point(R13);
    if (vma) {
        f->mm->total_pages += (vma->start - f->address) >> PAGE_SHIFT;
        vma->pgoff -= (vma->start - f->address) >> PAGE_SHIFT;
        vma->start = f->address;
    }
    rwsem_read_unlock(&f->mm->mmap_lock);
    return vma ? FAULT_WAIT : FAULT_NO_REGION;
}
#else
#define stack_grow_shared(f) FAULT_NO_REGION
#endif

noinline enum fault_result fault_grow_stack(struct fault *f)
{
    enum fault_result result;

    (void)fault_wait_for(f, NULL, NULL, 0); /* if it grows, there is nothing else to wait for */
    if (!vaddr_is_user(f->address))
        return FAULT_NO_REGION; /* and no region is there, whatever the caller asked for */
    if (mutant(R13))
        return stack_grow_shared(f);
    race_point(R13); /* nothing is held: the stack may grow, or go, before we have the lock */
    if (rwsem_write_lock_killable(&f->mm->mmap_lock))
        return FAULT_KILLED;
    result = stack_grow_locked(f->mm, f->address);
    rwsem_write_unlock(&f->mm->mmap_lock);
    return result;
}
