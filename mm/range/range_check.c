/* Is a range set what it says it is? Walks everything: for tests and for a crash dump, under the owner's
 * lock. */
#include "mm/range/range_private.h"

static bool summary_is_right(const struct range_node *node)
{
    u32 max = node->count;
    const struct splay_node *left = node->by_addr.left, *right = node->by_addr.right;
    if (left)
        max = MAX(max, addr_node(left)->max);
    if (right)
        max = MAX(max, addr_node(right)->max);
    return node->max == max && (!left || left->parent == &node->by_addr) &&
           (!right || right->parent == &node->by_addr);
}

static bool sizes_are_ordered(struct range_set *set)
{
    u32 seen = 0, last_count = 0;
    for (struct splay_node *n = splay_leftmost(set->by_size.root); n; n = splay_next(n)) {
        if (size_node(n)->count < last_count)
            return false;
        last_count = size_node(n)->count;
        seen++;
    }
    return seen == set->extents;
}

int range_check(struct range_set *set)
{
    u32 extents = 0, units = 0, last_end = 0;
    for (struct range_node *node = range_first(set); node; node = range_next(node)) {
        bool joined =
            !set->addr_only && extents > 0 && node->start == last_end; /* neighbours must be one extent */
        if (node->start < last_end || node->count == 0 || joined || !summary_is_right(node))
            return -1;
        last_end = node->start + node->count;
        units += node->count;
        extents++;
    }
    if (extents != set->extents || units != set->units || (!set->addr_only && !sizes_are_ordered(set)))
        return -1;
    return (int)extents;
}
