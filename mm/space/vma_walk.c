/*
 * Finding a region with no lock: RCU.
 *
 * A walker may stand in the tree while a writer turns it (rotations, a removal). What it then finds is this:
 *
 *   nothing     The node it looks for may just hang elsewhere. So "nothing" is never believed: the caller
 *               looks again under mmap_lock before it grows a stack or raises a signal.
 *   a region    It was in this tree, and held the address, when its fields were read. Whether it still does,
 *               the region says itself: a writer marks it before it touches anything of it
 *               (vma_change_begin), and what leaves the tree stays marked. The shape of the tree plays no
 *               part in that.
 *   no end      Between two links of a rotation a walker could be sent round once more, and a writer may be
 *               preempted just there. No tree of VMA_LIMIT regions is deeper than WALK_MAX; a walk that is
 *               longer has found nothing.
 *
 * Every node reached is memory of a region: freed ones, and so their links, last until a grace period is over
 * (vma_free), and a link never leads out of the tree it belonged to.
 */
#include "mm/space/vma.h"
#include "sync/rcu.h"

#define WALK_MAX 40u /* 2 * log2(VMA_LIMIT + 1) and some */

struct vma *vma_find_lockfree(struct mm *mm, vaddr_t addr)
{
    struct rbnode *node = rcu_read(mm->vmas.root);

    for (u32 steps = 0; node && steps < WALK_MAX; steps++) {
        struct vma *vma = rb_entry(node, struct vma, node);
        if (addr < READ_ONCE(vma->start))
            node = rcu_read(node->left);
        else if (addr >= READ_ONCE(vma->end))
            node = rcu_read(node->right);
        else
            return vma;
    }
    return NULL;
}
