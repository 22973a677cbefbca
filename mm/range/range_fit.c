/*
 * Which extent serves a request. Three looks, cheap ones first:
 *
 *   1. the smallest extent that is long enough: settles every request without alignment, boundary or ceiling;
 *   2. the smallest extent so long that any alignment and boundary must fit inside it;
 *   3. all extents that are long enough, in address order, skipping subtrees that hold none.
 *
 * Look 3 makes "fails only when no fit exists" true. It is O(log n) for a ceiling alone. With an alignment it
 * may meet every extent whose length lies between count and the length of look 2, none of them aligned: more
 * than logarithmic only in a memory made hostile on purpose, and only when look 2 found nothing.
 */
#include "diag/assert.h"
#include "mm/range/range_private.h"

/* Where in [start, start + count) the request fits; false: nowhere. */
static bool place(const struct range_node *node, const struct range_request *request, u32 *start)
{
    u32 align = MAX(request->align, 1u), at = ALIGN_UP(node->start, align), end = node->start + node->count;
    if (request->limit)
        end = MIN(end, request->limit);
    if (request->boundary && ((at ^ (at + request->count - 1)) & ~(request->boundary - 1)))
        at =
            ALIGN_UP(ALIGN_UP(at, request->boundary), align); /* one step is enough: both are powers of two */
    if (at < node->start || end < at || end - at < request->count)
        return false;
    *start = at;
    return true;
}

/* The smallest extent of at least `count`, the lowest of equals; moved to the root of by_size. */
static struct range_node *at_least(struct range_set *set, u32 count)
{
    struct splay_node *n = set->by_size.root, *last = NULL;
    struct range_node *best = NULL;
    while (n) {
        last = n;
        set->comparisons++;
        if (size_node(n)->count >= count) {
            best = size_node(n);
            n = n->left;
        } else {
            n = n->right;
        }
    }
    if (last)
        splay_to_root(&set->by_size, last);
    if (best)
        splay_to_root(&set->by_size, &best->by_size);
    return best;
}

static inline bool may_serve(const struct splay_node *n, u32 count)
{
    return n && addr_node(n)->max >= count;
}

/* The lowest extent of n's subtree that is long enough; n's subtree is known to hold one. */
static struct splay_node *lowest_in(struct range_set *set, struct splay_node *n, u32 count)
{
    for (;;) {
        set->comparisons++;
        if (may_serve(n->left, count))
            n = n->left;
        else if (addr_node(n)->count >= count)
            return n;
        else
            n = n->right;
    }
}

/* The next one in address order that is long enough, or NULL. */
static struct splay_node *next_serving(struct range_set *set, struct splay_node *n, u32 count)
{
    for (;;) {
        if (may_serve(n->right, count))
            return lowest_in(set, n->right, count);
        while (n->parent && n->parent->right == n)
            n = n->parent;
        n = n->parent;
        set->comparisons++;
        if (!n || addr_node(n)->count >= count)
            return n;
    }
}

static struct range_node *lowest_fit(struct range_set *set, const struct range_request *request, u32 *start)
{
    struct splay_node *n = NULL, *last = NULL;
    if (may_serve(set->by_addr.root, request->count))
        n = lowest_in(set, set->by_addr.root, request->count);
    bool found = false;
    while (n && !found && (!request->limit || addr_node(n)->start < request->limit)) {
        last = n;
        found = place(addr_node(n), request, start);
        if (!found)
            n = next_serving(set, n, request->count);
    }
    if (last)
        splay_to_root(&set->by_addr, last);
    return found ? addr_node(last) : NULL;
}

struct range_node *range_fit(struct range_set *set, const struct range_request *request, u32 *start)
{
    u32 align = MAX(request->align, 1u);
    assert(request->count > 0 && !set->addr_only);
    assert((align & (align - 1)) == 0 && (request->boundary & (request->boundary - 1)) == 0);
    assert(!request->boundary || request->count <= request->boundary);

    struct range_node *node = at_least(set, request->count);
    if (!node || place(node, request, start))
        return node;
    u32 enough = request->count + align - 1;
    if (request->boundary)
        enough *= 2;
    node = at_least(set, enough);
    if (node && place(node, request, start))
        return node;
    return lowest_fit(set, request, start);
}
