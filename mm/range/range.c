/* The range engine: splitting, joining and the two indexes. Searches for a fit are in mm/range/range_fit.c.
 */
#include "mm/range/range.h"
#include "diag/assert.h"
#include "mm/range/range_private.h"

static void update_max(struct splay_node *tree_node)
{
    struct range_node *node = addr_node(tree_node);
    u32 max = node->count;
    if (tree_node->left)
        max = MAX(max, addr_node(tree_node->left)->max);
    if (tree_node->right)
        max = MAX(max, addr_node(tree_node->right)->max);
    node->max = max;
}

void range_set_init(struct range_set *set, struct range_node *(*node_get)(struct range_set *, u32),
                    void (*node_put)(struct range_set *, struct range_node *))
{
    *set = (struct range_set){.by_addr.update = update_max, .node_get = node_get, .node_put = node_put};
}

/* The last extent that begins at or below `unit`, moved to the root; NULL when all begin above. */
static struct range_node *find_floor(struct range_set *set, u32 unit)
{
    struct splay_node *n = set->by_addr.root, *last = NULL;
    struct range_node *floor = NULL;
    while (n) {
        last = n;
        set->comparisons++;
        if (addr_node(n)->start <= unit) {
            floor = addr_node(n);
            n = n->right;
        } else {
            n = n->left;
        }
    }
    if (last)
        splay_to_root(&set->by_addr, last);
    if (floor)
        splay_to_root(&set->by_addr, &floor->by_addr);
    return floor;
}

static void insert_by_addr(struct range_set *set, struct range_node *node)
{
    struct splay_node *n = set->by_addr.root, *parent = NULL;
    bool left = false;
    while (n) {
        parent = n;
        set->comparisons++;
        assert(addr_node(n)->start != node->start);
        left = node->start < addr_node(n)->start;
        n = left ? n->left : n->right;
    }
    splay_insert(&set->by_addr, &node->by_addr, parent, left);
}

static void insert_by_size(struct range_set *set, struct range_node *node)
{
    struct splay_node *n = set->by_size.root, *parent = NULL;
    bool left = false;
    while (n) {
        const struct range_node *other = size_node(n);
        parent = n;
        set->comparisons++;
        left = node->count < other->count || (node->count == other->count && node->start < other->start);
        n = left ? n->left : n->right;
    }
    splay_insert(&set->by_size, &node->by_size, parent, left);
}

void range_insert(struct range_set *set, struct range_node *node, u32 start, u32 count)
{
    assert(count > 0 && start + count > start);
    node->start = start;
    node->count = node->max = count;
    insert_by_addr(set, node);
    if (!set->addr_only)
        insert_by_size(set, node);
    set->extents++;
    set->units += count;
}

void range_remove(struct range_set *set, struct range_node *node)
{
    assert(set->extents > 0 && set->units >= node->count);
    splay_remove(&set->by_addr, &node->by_addr);
    if (!set->addr_only)
        splay_remove(&set->by_size, &node->by_size);
    set->extents--;
    set->units -= node->count;
}

/* Changes the length of an extent that keeps its start: its place by address stays. */
static void resize(struct range_set *set, struct range_node *node, u32 count)
{
    splay_remove(&set->by_size, &node->by_size);
    set->units += count - node->count;
    node->count = count;
    splay_to_root(&set->by_addr, &node->by_addr);
    update_max(&node->by_addr);
    insert_by_size(set, node);
}

static void remove_and_put(struct range_set *set, struct range_node *node)
{
    range_remove(set, node);
    set->node_put(set, node);
}

/* Takes [start, start + count) out of the extent that contains it. */
static void range_carve(struct range_set *set, struct range_node *node, u32 start, u32 count)
{
    u32 node_end = node->start + node->count, end = start + count;
    assert(!set->addr_only && start >= node->start && end <= node_end);
    if (start > node->start)
        resize(set, node, start - node->start);
    else
        remove_and_put(set, node); /* before the node_get below: kvalloc hands the same slot out again */
    if (end < node_end)
        range_insert(set, set->node_get(set, end), end, node_end - end);
}

bool range_alloc(struct range_set *set, const struct range_request *request, u32 *start)
{
    struct range_node *node = range_fit(set, request, start);
    if (!node)
        return false;
    range_carve(set, node, *start, request->count);
    return true;
}

u32 range_alloc_some(struct range_set *set, u32 most, u32 *start)
{
    struct splay_node *least = splay_leftmost(set->by_size.root);
    if (!least)
        return 0;
    splay_to_root(&set->by_size, least);
    struct range_node *node = size_node(least);
    u32 count = MIN(most, node->count);
    *start = node->start;
    range_carve(set, node, node->start, count);
    return count;
}

bool range_alloc_at(struct range_set *set, u32 start, u32 count)
{
    struct range_node *node = range_find(set, start);
    if (!node || count > node->count - (start - node->start))
        return false;
    range_carve(set, node, start, count);
    return true;
}

void range_free(struct range_set *set, u32 start, u32 count)
{
    struct range_node *before = find_floor(set, start); /* at the root now, if there is one */
    struct splay_node *next =
        before ? splay_leftmost(before->by_addr.right) : splay_leftmost(set->by_addr.root);
    struct range_node *after = next ? addr_node(next) : NULL;
    u32 end = start + count;

    assert(count > 0 && end > start);
    assert(!before || before->start + before->count <= start); /* freed twice */
    assert(!after || end <= after->start);                     /* freed twice */
    if (next)
        splay_to_root(&set->by_addr, next);
    if (after && after->start == end) {
        end += after->count;
        remove_and_put(set, after);
    }
    if (before && before->start + before->count == start)
        resize(set, before, end - before->start);
    else
        range_insert(set, set->node_get(set, start), start, end - start);
}

struct range_node *range_find(struct range_set *set, u32 unit)
{
    struct range_node *node = find_floor(set, unit);
    return node && unit - node->start < node->count ? node : NULL;
}

struct range_node *range_first(struct range_set *set)
{
    struct splay_node *n = splay_leftmost(set->by_addr.root);
    return n ? addr_node(n) : NULL;
}

struct range_node *range_next(struct range_node *node)
{
    struct splay_node *n = splay_next(&node->by_addr);
    return n ? addr_node(n) : NULL;
}
