/*
 * Red-black tree with parent links. The two rules: a red node has no red child, and every way from the root
 * to a missing child passes the same number of black nodes. Missing children count as black.
 *
 * Mirror cases are written once: `side` says left (0) or right (1), and child() gives the link on that side.
 */
#include "lib/rbtree.h"

enum side { LEFT, RIGHT };

static struct rbnode **child(struct rbnode *node, enum side side)
{
    return side == LEFT ? &node->left : &node->right;
}
/* Marked: readers without a lock follow the links downward. Parents and colours are the writers' own. */
static void link_to(struct rbnode **link, struct rbnode *node)
{
    WRITE_ONCE(*link, node);
}
static enum side side_of(const struct rbnode *node)
{
    return node->parent->left == node ? LEFT : RIGHT;
}
static bool is_red(const struct rbnode *node)
{
    return node && node->red;
}

/* Makes `new` (which may be NULL) what `old` was to its parent. */
static void replace_in_parent(struct rbtree *t, struct rbnode *old, struct rbnode *new)
{
    struct rbnode *parent = old->parent;
    if (!parent)
        link_to(&t->root, new);
    else
        link_to(child(parent, side_of(old)), new);
    if (new)
        new->parent = parent;
}

/* `node` sinks to `side`; its child from the other side rises into its place. */
static void rotate(struct rbtree *t, struct rbnode *node, enum side side)
{
    struct rbnode *riser = *child(node, !side);
    struct rbnode *inner = *child(riser, side);
    replace_in_parent(t, node, riser);
    link_to(child(node, !side), inner);
    if (inner)
        inner->parent = node;
    link_to(child(riser, side), node);
    node->parent = riser;
}

void rb_insert(struct rbtree *t, struct rbnode *node, struct rbnode *parent, bool left)
{
    link_to(&node->left, NULL);
    link_to(&node->right, NULL);
    node->parent = parent;
    node->red = true;
    /* A reader without a lock may follow the link at once: the node comes first. */
    __atomic_store_n(parent ? child(parent, left ? LEFT : RIGHT) : &t->root, node, __ATOMIC_RELEASE);

    while (is_red(node->parent)) {
        struct rbnode *grand = node->parent->parent; /* exists: a red node is never the root */
        enum side side = side_of(node->parent);
        struct rbnode *uncle = *child(grand, !side);
        if (is_red(uncle)) { /* push the red up two levels and look again */
            node->parent->red = uncle->red = false;
            grand->red = true;
            node = grand;
            continue;
        }
        if (side_of(node) != side) { /* inner grandchild: turn it into an outer one */
            node = node->parent;
            rotate(t, node, side);
        }
        node->parent->red = false;
        grand->red = true;
        rotate(t, grand, !side);
    }
    t->root->red = false;
}

/* The ways through `parent`'s `side` lack one black node; its sibling subtree therefore is not empty. */
static void rebalance_after_remove(struct rbtree *t, struct rbnode *parent, enum side side)
{
    for (;;) {
        struct rbnode *sibling = *child(parent, !side);
        if (sibling->red) { /* make the sibling black by bringing the red one above */
            sibling->red = false;
            parent->red = true;
            rotate(t, parent, side);
            sibling = *child(parent, !side);
        }
        if (is_red(sibling->left) || is_red(sibling->right)) {
            if (!is_red(*child(sibling, !side))) { /* only the inner nephew is red: turn it outward */
                (*child(sibling, side))->red = false;
                sibling->red = true;
                rotate(t, sibling, !side);
                sibling = *child(parent, !side);
            }
            sibling->red = parent->red;
            parent->red = false;
            (*child(sibling, !side))->red = false;
            rotate(t, parent, side);
            return;
        }
        sibling->red = true; /* now both sides lack one: settle it here or hand it upward */
        if (parent->red || !parent->parent) {
            parent->red = false;
            return;
        }
        side = side_of(parent);
        parent = parent->parent;
    }
}

/* Swaps a node that has two children with its successor's place in the tree, links and colours, not contents.
 */
static void take_successors_place(struct rbtree *t, struct rbnode *node)
{
    struct rbnode *next = rb_next(node);
    struct rbnode *next_right = next->right;
    struct rbnode *next_parent = next->parent;
    u32 next_red = next->red;

    replace_in_parent(t, node, next);
    next->red = node->red;
    link_to(&next->left, node->left);
    next->left->parent = next;
    if (next_parent == node) {
        link_to(&next->right, node);
        node->parent = next;
    } else {
        link_to(&next->right, node->right);
        next->right->parent = next;
        link_to(&next_parent->left, node);
        node->parent = next_parent;
    }
    node->red = next_red;
    link_to(&node->left, NULL);
    link_to(&node->right, next_right);
    if (next_right)
        next_right->parent = node;
}

void rb_cut_leaf(struct rbtree *t, struct rbnode *leaf)
{
    replace_in_parent(t, leaf, NULL);
}

void rb_remove(struct rbtree *t, struct rbnode *node)
{
    if (node->left && node->right)
        take_successors_place(t, node);

    struct rbnode *parent = node->parent;
    struct rbnode *only = node->left ? node->left : node->right;
    enum side side = parent ? side_of(node) : LEFT;
    replace_in_parent(t, node, only);
    if (!node->red) {
        if (only)
            only->red = false; /* an only child is red: black again makes up for the node */
        else if (parent)
            rebalance_after_remove(t, parent, side);
    }
    node->parent = NULL;
    link_to(&node->left, NULL);
    link_to(&node->right, NULL);
}
