/* Bottom-up splaying with parent links: the rotations are the only code that must keep summaries right. */
#include "mm/range/splay.h"
#include "diag/assert.h"

static inline void update(struct splay_tree *tree, struct splay_node *node)
{
    if (tree->update)
        tree->update(node);
}

/* Moves `node` one level up, over its parent. Its own summary is left for later: nobody reads it before the
 * node is where it stays, and the nodes that are below by then have theirs. */
static always_inline void rotate_up(struct splay_tree *tree, struct splay_node *node)
{
    struct splay_node *parent = node->parent, *grand = parent->parent, *inner;
    if (parent->left == node) {
        inner = node->right;
        parent->left = inner;
        node->right = parent;
    } else {
        inner = node->left;
        parent->right = inner;
        node->left = parent;
    }
    if (inner)
        inner->parent = parent;
    parent->parent = node;
    node->parent = grand;
    if (!grand)
        tree->root = node;
    else if (grand->left == parent)
        grand->left = node;
    else
        grand->right = node;
    update(tree, parent);
}

void splay_to_root(struct splay_tree *tree, struct splay_node *node)
{
    while (node->parent) {
        struct splay_node *parent = node->parent, *grand = parent->parent;
        /* Zig-zig turns the upper edge first: that halves the depth of the path, which the bound rests on. */
        if (grand)
            rotate_up(tree, (grand->left == parent) == (parent->left == node) ? parent : node);
        rotate_up(tree, node);
    }
    update(tree, node);
    assert(tree->root == node);
}

void splay_insert(struct splay_tree *tree, struct splay_node *node, struct splay_node *parent, bool left)
{
    node->left = node->right = NULL;
    node->parent = parent;
    if (!parent) {
        assert(!tree->root);
        tree->root = node;
    } else if (left) {
        assert(!parent->left);
        parent->left = node;
    } else {
        assert(!parent->right);
        parent->right = node;
    }
    update(tree, node);
    splay_to_root(tree, node);
}

void splay_remove(struct splay_tree *tree, struct splay_node *node)
{
    splay_to_root(tree, node);
    struct splay_node *left = node->left, *right = node->right;
    if (left)
        left->parent = NULL;
    if (right)
        right->parent = NULL;
    tree->root = left ? left : right;
    if (left && right) { /* the greatest of the left half becomes the root: it has no right child */
        struct splay_node *greatest = left;
        while (greatest->right)
            greatest = greatest->right;
        splay_to_root(tree, greatest);
        greatest->right = right;
        right->parent = greatest;
        update(tree, greatest);
    }
    node->parent = node->left = node->right = NULL;
}

struct splay_node *splay_leftmost(struct splay_node *node)
{
    while (node && node->left)
        node = node->left;
    return node;
}

struct splay_node *splay_next(const struct splay_node *node)
{
    if (node->right)
        return splay_leftmost(node->right);
    while (node->parent && node->parent->right == node)
        node = node->parent;
    return node->parent;
}
