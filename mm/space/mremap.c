/* mremap(2): shrink, grow in place, or move. */
#include "diag/assert.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"

#define MREMAP_MAYMOVE   1u
#define MREMAP_FIXED     2u
#define MREMAP_DONTUNMAP 4u

struct remap {
    vaddr_t old, target; /* target: with FIXED, and DONTUNMAP's hint */
    u32 old_len, new_len, flags;
};

static int remap_check(const struct remap *r)
{
    if (r->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) || (r->old & ~PAGE_MASK) ||
        !r->new_len)
        return -EINVAL;
    if ((r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(r->flags & MREMAP_MAYMOVE))
        return -EINVAL;
    if ((r->flags & MREMAP_DONTUNMAP) && r->old_len != r->new_len)
        return -EINVAL;
    if (r->old > USER_END || r->old_len > USER_END - r->old || r->new_len > USER_END)
        return -EINVAL;
    if (!(r->flags & MREMAP_FIXED))
        return 0;
    if ((r->target & ~PAGE_MASK) || r->target < USER_START || r->target > USER_END - r->new_len)
        return -EINVAL;
    if (r->old < r->target + r->new_len && r->target < r->old + r->old_len)
        return -EINVAL;
    return 0;
}

/* The region at the old place, which must hold all of it that is wanted again. NULL with *error set. */
static struct vma *remap_source(struct mm *mm, const struct remap *r, int *error)
    must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find(mm, r->old);

    *error = -EFAULT;
    if (!vma || vma->end - r->old < r->old_len)
        return NULL;
    *error = -EINVAL;
    if (!r->old_len && !(vma->flags & VM_SHARED)) /* a second view of the same pages: shared ones only */
        return NULL;
    *error = -EAGAIN;
    if ((vma->flags & VM_LOCKED) && r->new_len > r->old_len &&
        !mm_may_lock(mm, (r->new_len - r->old_len) >> PAGE_SHIFT))
        return NULL;
    *error = 0;
    return vma;
}

/* A place for the moved region: given, or a hole. 0 with *error. */
static vaddr_t remap_target(struct mm *mm, const struct remap *r, int *error) must_hold(&mm->mmap_lock)
{
    vaddr_t found;

    if (r->flags & MREMAP_FIXED) {
        *error = munmap_locked(mm, r->target, r->target + r->new_len);
        return *error ? 0 : r->target;
    }
    found = vma_find_hole(mm, r->new_len, r->flags & MREMAP_DONTUNMAP ? r->target : 0);
    *error = found ? 0 : -ENOMEM;
    return found;
}

/* What stays behind of the old place. It holds no page any more. */
static int remap_clear_old(struct mm *mm, const struct remap *r) must_hold(&mm->mmap_lock)
{
    if (r->flags & MREMAP_DONTUNMAP)
        return 0;
    return r->old_len ? munmap_locked(mm, r->old, r->old + r->old_len) : 0;
}

/* Pages by which the space is larger afterwards. */
static u32 remap_adds(const struct remap *r)
{
    u32 going = r->flags & MREMAP_DONTUNMAP ? 0 : r->old_len;

    return r->new_len > going ? (r->new_len - going) >> PAGE_SHIFT : 0;
}

/* The region at its new place, in no tree yet, and what it will hold promised. NULL when no memory. */
static struct vma *remap_clone(struct mm *mm, const struct vma *vma, const struct remap *r, vaddr_t target)
{
    struct vma *moved = vma_clone(vma, mm);

    if (!moved)
        return NULL;
    moved->pgoff = vma_index(vma, r->old);
    moved->start = target;
    moved->end = target + r->new_len;
    if ((moved->flags & VM_ACCOUNT) && commit_charge_replacing(vma_pages(moved), remap_adds(r))) {
        vma_free(moved);
        return NULL;
    }
    return moved;
}

static void remap_forget(struct vma *moved)
{
    if (moved->flags & VM_ACCOUNT)
        commit_uncharge(vma_pages(moved));
    vma_free(moved);
}

/* `vma` holds the old range, perhaps more. */
static s32 remap_move(struct mm *mm, const struct remap *r) must_hold(&mm->mmap_lock)
{
    struct vma *vma = vma_find(mm, r->old), *moved;
    vaddr_t target;
    int error;

    if (mm->vma_count + 3 > VMA_LIMIT || (remap_adds(r) && !mm_may_grow(mm, remap_adds(r), vma->flags)))
        return -ENOMEM;
    target = remap_target(mm, r, &error);
    if (error)
        return error;
    if (r->old_len && vma_isolate(mm, r->old, r->old + r->old_len)) /* first all that may fail */
        return -ENOMEM;
    vma = vma_find(mm, r->old);
    assert(vma); /* a target that overlaps the source was refused */
    moved = remap_clone(mm, vma, r, target);
    if (!moved)
        return -ENOMEM;
    vma_change_begin(mm, vma);              /* a fault in the gap would find an empty entry and fill it */
    moved->has_private |= vma->has_private; /* no fault sets it any more */
    error = pt_move(mm, r->old, target, MIN(r->old_len, r->new_len));
    if (error || (r->flags & MREMAP_DONTUNMAP) || !r->old_len)
        vma_change_end(mm, vma); /* it stays */
    if (error) {
        remap_forget(moved);
        return -ENOMEM;
    }
    vma_adopt(mm, moved);
    error = remap_clear_old(mm, r);
    assert(!error); /* it is whole regions already: nothing to split */
    return (s32)target;
}

/* True when the region could be made longer where it is. */
static bool remap_grow_in_place(struct mm *mm, struct vma *vma, const struct remap *r)
    must_hold(&mm->mmap_lock)
{
    vaddr_t end = r->old + r->new_len;
    u32 more = (r->new_len - r->old_len) >> PAGE_SHIFT;

    if (vma->end != r->old + r->old_len || end > USER_END || end < vma->end)
        return false;
    if (!vma_range_is_free(mm, vma->end, end))
        return false;
    if ((vma->flags & VM_ACCOUNT) && commit_charge(more))
        return false;
    vma_change_begin(mm, vma);
    WRITE_ONCE(vma->end, end);
    vma_change_end(mm, vma);
    mm_account(mm, vma->flags, (int)more);
    vma_merge(mm, vma);
    return true;
}

/* What is given up may be of several regions, or of none. */
static int remap_shrink(struct mm *mm, struct remap *r) must_hold(&mm->mmap_lock)
{
    int error = r->new_len < r->old_len ? munmap_locked(mm, r->old + r->new_len, r->old + r->old_len) : 0;

    if (!error)
        r->old_len = MIN(r->old_len, r->new_len);
    return error;
}

static s32 remap_locked(struct mm *mm, struct remap *r) must_hold(&mm->mmap_lock)
{
    bool moves = r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
    struct remap kept = *r;
    struct vma *vma;
    int error = -EFAULT;

    kept.old_len = MIN(r->old_len, r->new_len);
    vma = moves || r->new_len > r->old_len ? remap_source(mm, &kept, &error) : vma_find(mm, r->old);
    if (!vma)
        return error;
    error = remap_shrink(mm, r); /* not before it is sure that the rest can be had */
    if (error || (r->new_len == r->old_len && !moves))
        return error ? error : (s32)r->old;
    if (moves)
        return remap_move(mm, r);
    if (!mm_may_grow(mm, remap_adds(r), vma->flags))
        return -ENOMEM;
    if (r->old_len && remap_grow_in_place(mm, vma, r))
        return (s32)r->old;
    return r->flags & MREMAP_MAYMOVE ? remap_move(mm, r) : -ENOMEM;
}

s32 mm_mremap(struct mm *mm, vaddr_t old, u32 old_len, u32 new_len, u32 flags, vaddr_t new_addr)
{
    struct remap r = {.old = old, .target = new_addr, .flags = flags};
    struct vma *vma;
    bool locked;
    s32 result;

    might_sleep();
    if (old_len > USER_END || new_len > USER_END)
        return -EINVAL;
    r.old_len = ALIGN_UP(old_len, PAGE_SIZE);
    r.new_len = ALIGN_UP(new_len, PAGE_SIZE);
    result = remap_check(&r);
    if (result)
        return result;
    if (rwsem_write_lock_killable(&mm->mmap_lock))
        return -EINTR;
    result = remap_locked(mm, &r);
    vma = mm_is_error(result) ? NULL : vma_find(mm, (vaddr_t)result);
    locked = vma && (vma->flags & VM_LOCKED);
    rwsem_write_unlock(&mm->mmap_lock);
    if (locked && r.new_len > r.old_len)
        (void)mm_populate(mm, (vaddr_t)result + r.old_len, r.new_len - r.old_len, false);
    return result;
}
