/* Splitting, joining and placing regions: everything that gives the tree another shape without losing a page.
 */
#include "diag/assert.h"
#include "mm/fault/userfault.h"
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"

/* Splits at addr (inside, page aligned): vma keeps the lower part. 0, or -ENOMEM with nothing changed. */
static int vma_split(struct mm *mm, struct vma *vma, vaddr_t addr) must_hold(&mm->mmap_lock)
{
    struct vma *upper;

    rwsem_assert_write(&mm->mmap_lock);
    assert(vma->start < addr && addr < vma->end && !(addr & ~PAGE_MASK));
    if (mm->vma_count >= VMA_LIMIT)
        return -ENOMEM;
    vma_change_begin(mm, vma); /* before the copy is made: faults set has_private */
    upper = vma_clone(vma, mm);
    if (!upper) {
        vma_change_end(mm, vma);
        return -ENOMEM;
    }
    upper->pgoff = vma_index(vma, addr);
    upper->start = addr;
    upper->flags = vma->flags;
    upper->userfault = vma->userfault;
    WRITE_ONCE(vma->end, addr); /* before the insertion, which refuses overlaps */
    vma_insert(mm, upper);
    vma_change_end(mm, vma);
    return 0;
}

int vma_isolate(struct mm *mm, vaddr_t start, vaddr_t end)
{
    struct vma *vma = vma_find(mm, start);
    int error = 0;

    assert(start < end);
    if (vma && vma->start < start)
        error = vma_split(mm, vma, start);
    vma = error ? NULL : vma_find(mm, end - 1);
    if (vma && vma->end > end)
        error = vma_split(mm, vma, end);
    return error;
}

/* Adjacent, alike, and numbering their pages in one row: then nobody can tell one region from two. */
static bool vma_joinable(const struct vma *low, const struct vma *high)
{
    return low->end == high->start && low->flags == high->flags && low->mapping == high->mapping &&
           low->name == high->name && low->userfault == high->userfault &&
           vma_index(low, high->start) == high->pgoff;
}

static void vma_join(struct mm *mm, struct vma *low, struct vma *high) must_hold(&mm->mmap_lock)
{
    vma_change_begin(mm, low);
    vma_remove(mm, high);
    WRITE_ONCE(low->end, high->end);
    WRITE_ONCE(low->has_private, low->has_private | high->has_private);
    vma_change_end(mm, low);
    vma_free(high);
}

struct vma *vma_merge(struct mm *mm, struct vma *vma)
{
    struct vma *prev = vma_prev(vma), *next = vma_next(vma);

    rwsem_assert_write(&mm->mmap_lock);
    if (next && vma_joinable(vma, next))
        vma_join(mm, vma, next);
    if (prev && vma_joinable(prev, vma)) {
        vma_join(mm, prev, vma);
        vma = prev;
    }
    return vma;
}

struct vma *vma_adopt(struct mm *mm, struct vma *vma)
{
    vma_insert(mm, vma);
    mm_account(mm, vma->flags, (int)vma_pages(vma));
    return vma_merge(mm, vma);
}

static void vma_unaccount(struct mm *mm, const struct vma *vma) must_hold(&mm->mmap_lock)
{
    u32 pages = vma_pages(vma);

    mm_account(mm, vma->flags, -(int)pages);
    if (vma->flags & VM_ACCOUNT)
        commit_uncharge(pages);
}

void vma_discard(struct mm *mm, struct vma *vma)
{
    if (vma->flags & VM_USERFAULT) /* who waits for its pages finds out that they are not to come */
        userfault_wake(vma->userfault, vma->start, vma->end);
    vma_unaccount(mm, vma);
    vma_remove(mm, vma);
    vma_free(vma);
}

void vma_discard_all(struct mm *mm)
{
    struct rbnode *node = NULL;

    assert(atomic_read(&mm->users) == 0);
    while ((node = rb_leaf(&mm->vmas, node))) {
        struct rbnode *parent = node->parent;
        struct vma *vma = rb_entry(node, struct vma, node);
        vma_unaccount(mm, vma);
        mapping_remove_region(vma);
        rb_cut_leaf(&mm->vmas, node);
        vma_free(vma);
        node = parent;
    }
    mm->vma_count = 0;
}

/* One region that lies wholly inside the range gets its flags; returns what it is part of afterwards: it may
 * have been split off for nothing, when the flags are the same. */
static struct vma *vma_set_flags_one(struct mm *mm, struct vma *vma, u32 flags) must_hold(&mm->mmap_lock)
{
    if (vma_is_promised(flags))
        flags |= VM_ACCOUNT; /* mprotect has charged it */
    if (vma->flags != flags) {
        mm_account(mm, vma->flags, -(int)vma_pages(vma));
        mm_account(mm, flags, (int)vma_pages(vma));
        vma_change_begin(mm, vma);
        WRITE_ONCE(vma->flags, flags);
        vma_change_end(mm, vma);
    }
    return vma_merge(mm, vma);
}

int vma_set_flags(struct mm *mm, vaddr_t start, vaddr_t end, u32 clear, u32 set)
{
    vaddr_t reached = start;
    bool hole = false;

    if (start == end)
        return 0;
    if (vma_isolate(mm, start, end))
        return -ENOMEM;
    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start < end;
         vma = vma_find_above(mm, reached)) {
        hole |= vma->start > reached;
        reached = MIN(vma->end, end); /* before the merge, which may make it longer */
        vma_set_flags_one(mm, vma, (vma->flags & ~clear) | set);
        if (reached >= end)
            break;
    }
    return hole || reached < end ? -ENOMEM : 0;
}

vaddr_t vma_first_hole(struct mm *mm, vaddr_t start, vaddr_t end)
{
    vaddr_t reached = start;

    for (struct vma *vma = vma_find_above(mm, start); vma && vma->start <= reached && reached < end;
         vma = vma_next(vma))
        reached = MIN(vma->end, end);
    return reached;
}

bool vma_range_is_free(struct mm *mm, vaddr_t start, vaddr_t end)
{
    struct vma *above = vma_find_above(mm, start);

    return !above || vma_guarded_start(above) >= end;
}

/* The highest hole of `length` that ends at or below `limit`, or 0. Linear in the regions above it. */
static vaddr_t hole_below(struct mm *mm, u32 length, vaddr_t limit) must_hold_shared(&mm->mmap_lock)
{
    struct vma *above = vma_find_above(mm, limit - 1);
    struct vma *below;
    vaddr_t top = limit;

    /* From top to bottom: `top` is the end of a hole, `below` the region that it ends above. */
    if (above) {
        top = MIN(top, vma_guarded_start(above));
        below = vma_prev(above);
    } else {
        struct rbnode *last = rb_last(&mm->vmas);
        below = last ? rb_entry(last, struct vma, node) : NULL;
    }
    for (;;) {
        vaddr_t bottom = below ? MAX(below->end, PLACE_MIN) : PLACE_MIN;
        if (top >= bottom && top - bottom >= length)
            return top - length;
        if (!below)
            return 0;
        top = MIN(top, vma_guarded_start(below));
        below = vma_prev(below);
    }
}

vaddr_t vma_find_hole(struct mm *mm, u32 length, vaddr_t hint)
{
    vaddr_t found;

    assert(length && !(length & ~PAGE_MASK));
    hint &= PAGE_MASK;
    if (hint >= PLACE_MIN && hint < USER_END && USER_END - hint >= length &&
        vma_range_is_free(mm, hint, hint + length))
        return hint;
    found = hole_below(mm, length, mm->mmap_top);
    return found ? found
                 : hole_below(mm, length, USER_END); /* the stack's neighbourhood, when there is no other */
}
