/* Walking a red-black tree in order, and checking it. */
#include "lib/rbtree.h"

struct rbnode *rb_first(const struct rbtree *t)
{
    struct rbnode *node = t->root;
    while (node && node->left)
        node = node->left;
    return node;
}

struct rbnode *rb_last(const struct rbtree *t)
{
    struct rbnode *node = t->root;
    while (node && node->right)
        node = node->right;
    return node;
}

struct rbnode *rb_leaf(const struct rbtree *t, struct rbnode *near)
{
    struct rbnode *leaf = NULL;
    for (struct rbnode *node = near ? near : t->root; node; node = node->left ? node->left : node->right)
        leaf = node;
    return leaf;
}

struct rbnode *rb_next(const struct rbnode *node)
{
    if (node->right) {
        struct rbnode *next = node->right;
        while (next->left)
            next = next->left;
        return next;
    }
    while (node->parent && node == node->parent->right)
        node = node->parent;
    return node->parent;
}

struct rbnode *rb_prev(const struct rbnode *node)
{
    if (node->left) {
        struct rbnode *prev = node->left;
        while (prev->right)
            prev = prev->right;
        return prev;
    }
    while (node->parent && node == node->parent->left)
        node = node->parent;
    return node->parent;
}

/* Black nodes on every way down from here, or -1; counts nodes. Depth is at most 2*log2(n), so recursion is
 * safe. */
static int check_subtree(const struct rbnode *node, const struct rbnode *parent, int *nodes)
{
    if (!node)
        return 0;
    if (node->parent != parent || (node->red && (!parent || parent->red)))
        return -1;
    ++*nodes;
    int left = check_subtree(node->left, node, nodes);
    int right = check_subtree(node->right, node, nodes);
    if (left < 0 || left != right)
        return -1;
    return left + !node->red;
}

int rb_check(const struct rbtree *t)
{
    int nodes = 0;
    return check_subtree(t->root, NULL, &nodes) < 0 ? -1 : nodes;
}
