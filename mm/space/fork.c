/*
 * Copying an address space.
 *
 * The parent's mmap_lock is held exclusive throughout, so no fault of a sibling thread installs anything in a
 * range that is copied already (R18). The siblings' stores do not fault, though: they go through their TLBs,
 * which still say "writable" after the entry has lost the right. One shootdown at the end takes that away,
 * before the child exists for anybody (R17): what a sibling wrote before it, both see; what it writes after
 * it, only the parent.
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/fault/faultlock.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_write.h"

/* The child's lock is free and known to nobody, so trying it cannot fail; and a second lock of the same rank
 * may only be tried (sync/lock_order.h). */
static void fork_lock_child(struct mm *child) acquires(&child->mmap_lock);
static lock_implementation void fork_lock_child(struct mm *child)
{
    bool locked = rwsem_write_try_lock(&child->mmap_lock);

    assert(locked);
}

static void fork_copy_fields(struct mm *parent, struct mm *child)
    must_hold(&parent->mmap_lock, &child->mmap_lock)
{
    child->mmap_top = parent->mmap_top;
    child->brk_start = parent->brk_start;
    child->brk = parent->brk;
    child->stack_top = parent->stack_top;
    child->arg_start = parent->arg_start;
    child->arg_end = parent->arg_end;
    child->env_start = parent->env_start;
    child->env_end = parent->env_end;
    child->has_lazy = READ_ONCE(parent->has_lazy); /* of what both show, too */
    mm_set_exe(child, parent->exe);
}

/* What the copy has come to. */
struct fork {
    struct vma *last; /* the child's uppermost region by now */
    bool downgraded;  /* the parent lost a right to write */
};

static int fork_copy_region(struct mm *parent, struct mm *child, const struct vma *from, struct fork *fork)
    must_hold(&parent->mmap_lock, &child->mmap_lock)
{
    struct vma *vma = vma_clone(from, child);
    bool copy_pages = from->has_private && !(from->flags & (VM_SHARED | VM_WIPEONFORK));

    if (!vma)
        return mutant(S14C) ? 0 : -ENOMEM;
    if ((from->flags & VM_ACCOUNT) && commit_charge(vma_pages(from))) {
        vma_free(vma);
        return -ENOMEM;
    }
    vma->flags &= ~(VM_LOCKED | VM_ONFAULT); /* memory locks are not inherited: mlock(2) */
    vma->has_private = copy_pages;
    vma_append(child, fork->last, vma);
    fork->last = vma;
    mm_account(child, vma->flags, (int)vma_pages(vma));
    /* Without a page of its own the region's faults find all there is in the file, or zeroes. */
    return copy_pages ? pt_copy(parent, child, from->start, from->end, &fork->downgraded) : 0;
}

/* Where faults take no mmap_lock it is the regions that keep them out, all at once: the child is one moment
 * (R18). */
static void fork_stop_faults(struct mm *parent) must_hold(&parent->mmap_lock)
{
    for (struct vma *vma = vma_find_above(parent, 0); vma && faultlock.lock_free; vma = vma_next(vma))
        vma_change_begin(parent, vma);
}

static void fork_resume_faults(struct mm *parent) must_hold(&parent->mmap_lock)
{
    for (struct vma *vma = vma_find_above(parent, 0); vma && faultlock.lock_free; vma = vma_next(vma))
        vma_change_end(parent, vma);
}

static int fork_copy(struct mm *parent, struct mm *child) must_hold(&parent->mmap_lock, &child->mmap_lock)
{
    struct fork fork = {NULL, false};
    int error = 0;

    if (!mutant(R18))
        fork_stop_faults(parent);
    fork_copy_fields(parent, child);
    for (struct vma *vma = vma_find_above(parent, 0); vma && !error; vma = vma_next(vma))
        if (!(vma->flags & VM_DONTFORK))
            error = fork_copy_region(parent, child, vma, &fork);
    race_point(R17); /* the entries are read-only, the siblings' TLBs are not */
    if (fork.downgraded &&
        !mutant(R17)) /* also after an error: what was taken from the entries is taken from all */
        shootdown_range(parent, 0, USER_END);
    flush_debt_none();
    if (!mutant(R18))
        fork_resume_faults(parent);
    return error;
}

/* R18's mistake: faults go on beside the copy. */
static lock_implementation bool fork_lock_parent(struct mm *parent) try_acquires(true, &parent->mmap_lock)
{
    if (mutant(R18))
        return rwsem_read_lock_killable(&parent->mmap_lock) == 0;
    return rwsem_write_lock_killable(&parent->mmap_lock) == 0;
}

/* S14B's mistake: the way out after an error keeps the lock. */
static lock_implementation void fork_unlock_parent(struct mm *parent, int error) releases(&parent->mmap_lock)
{
    if (mutant(S14B) && error)
        return;
    if (mutant(R18))
        rwsem_read_unlock(&parent->mmap_lock);
    else
        rwsem_write_unlock(&parent->mmap_lock);
}

struct mm *mm_fork(struct mm *parent)
{
    struct mm *child = mm_create();
    int error;

    if (!child)
        return NULL;
    if (!fork_lock_parent(parent)) {
        mm_put_user(child);
        return NULL;
    }
    fork_lock_child(child);
    error = fork_copy(parent, child);
    rwsem_write_unlock(&child->mmap_lock);
    fork_unlock_parent(parent, error);
    if (error) { /* the usual end of an address space undoes the half that was copied */
        if (!mutant(S14A))
            mm_put_user(child);
        return NULL;
    }
    return child;
}
