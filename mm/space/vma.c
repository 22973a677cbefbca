/*
 * Regions: the tree of an address space, ordered by start address, no two overlapping.
 *
 * Who may look when: with mmap_lock shared, any field; with it exclusive, change any. The one exception is
 * has_private, which faults set under the shared lock: it goes from 0 to 1 and never back, so no order
 * matters. Faults that take no lock have rules of their own: vma_walk.c, vma_change.c.
 */
#include "mm/space/vma.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/fault/faultlock.h"
#include "mm/kernel/slab.h"

DEFINE_SLAB(vma_cache, struct vma, NULL);

static inline struct vma *vma_of(struct rbnode *node)
{
    return node ? rb_entry(node, struct vma, node) : NULL;
}

struct vma *vma_find(struct mm *mm, vaddr_t addr)
{
    struct rbnode *node = mm->vmas.root;

    if (unlikely(!node))
        return NULL;
    do {
        struct vma *vma = rb_entry(node, struct vma, node);
        if (addr < vma->start)
            node = node->left;
        else if (addr >= vma->end)
            node = node->right;
        else
            return vma;
    } while (node);
    return NULL;
}

struct vma *vma_find_above(struct mm *mm, vaddr_t addr)
{
    struct vma *best = NULL;

    for (struct rbnode *node = mm->vmas.root; node;) {
        struct vma *vma = rb_entry(node, struct vma, node);
        if (vma->end > addr) {
            best = vma;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return best;
}

struct vma *vma_next(const struct vma *vma)
{
    return vma_of(rb_next(&vma->node));
}

struct vma *vma_prev(const struct vma *vma)
{
    return vma_of(rb_prev(&vma->node));
}

struct vma *vma_alloc(struct mm *mm)
{
    struct vma *vma = slab_alloc(&vma_cache, GFP_KERNEL);

    if (!vma)
        return NULL;
    memset(vma, 0, sizeof *vma);
    list_init(&vma->mapped);
    vma->mm = mm;
    return vma;
}

struct vma *vma_clone(const struct vma *from, struct mm *mm)
{
    struct vma *vma = slab_alloc(&vma_cache, GFP_KERNEL);

    if (!vma)
        return NULL;
    /* Not the whole of it: faults are in `from`, and its sequence is its own. */
    *vma = (struct vma){.start = from->start,
                        .end = from->end,
                        .flags = from->flags & ~VM_USERFAULT,
                        .pgoff = from->pgoff,
                        .mapping = from->mapping,
                        .mm = mm,
                        .has_private = READ_ONCE(from->has_private),
                        .name = from->name};
    list_init(&vma->mapped);
    if (vma->mapping)
        vma->mapping->ops->get(vma->mapping);
    return vma;
}

static void vma_free_now(struct rcu_head *rcu)
{
    struct vma *vma = container_of(rcu, struct vma, rcu);

    if (vma->mapping)
        vma->mapping->ops->put(vma->mapping);
    slab_free(&vma_cache, vma);
}

void vma_free(struct vma *vma)
{
    if (faultlock.lock_free)
        rcu_call(&vma->rcu, vma_free_now); /* a fault may just have found it, and be about to hold its file */
    else
        vma_free_now(&vma->rcu);
}

static void vma_link(struct mm *mm, struct vma *vma, struct rbnode *parent, bool left)
    must_hold(&mm->mmap_lock)
{
    vma->seq = 1;
    vma_change_end(mm, vma); /* before anybody can find it */
    rb_insert(&mm->vmas, &vma->node, parent, left);
    mm->vma_count++;
    mapping_add_region(vma);
}

void vma_append(struct mm *mm, struct vma *last, struct vma *vma)
{
    assert(vma->mm == mm && !!last == !!mm->vmas.root);
    assert(!last || (last->end <= vma->start && !last->node.right));
    vma_link(mm, vma, last ? &last->node : NULL, false);
}

void vma_insert(struct mm *mm, struct vma *vma)
{
    struct rbnode *parent = NULL;
    bool left = false;

    assert(vma->mm == mm);
    assert(vma->start < vma->end && vma->end <= USER_END);
    assert(!((vma->start | vma->end) & ~PAGE_MASK));
    for (struct rbnode *node = mm->vmas.root; node;) {
        struct vma *at = rb_entry(node, struct vma, node);
        assert(vma->end <= at->start || vma->start >= at->end);
        parent = node;
        left = vma->start < at->start;
        node = left ? node->left : node->right;
    }
    vma_link(mm, vma, parent, left);
}

void vma_remove(struct mm *mm, struct vma *vma)
{
    rwsem_assert_write(&mm->mmap_lock);
    assert(vma->mm == mm && mm->vma_count > 0);
    vma_change_begin(mm, vma); /* for good */
    mapping_remove_region(vma);
    rb_remove(&mm->vmas, &vma->node);
    mm->vma_count--;
}
