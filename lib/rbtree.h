/* Red-black tree, intrusive: balanced map from a key that the caller compares. */
#pragma once
#include "lib/compiler.h"

struct rbnode {
    struct rbnode *parent, *left, *right;
    u32 red;
};
struct rbtree {
    struct rbnode *root;
};
/* Links `node` as the `left` (or right) child of `parent` (NULL: the root) and rebalances. The caller
 * descended. */
void rb_insert(struct rbtree *t, struct rbnode *node, struct rbnode *parent, bool left);
void rb_remove(struct rbtree *t, struct rbnode *node);
/* For a tree that is taken apart: a node without children, looked for from `near` downwards (NULL: from the
 * root); NULL when the tree is empty. Take it out with rb_cut_leaf(), which does not rebalance: nothing but
 * these two is done with the tree from then on. */
struct rbnode *rb_leaf(const struct rbtree *t, struct rbnode *near);
void rb_cut_leaf(struct rbtree *t, struct rbnode *leaf);
struct rbnode *rb_first(const struct rbtree *t);
struct rbnode *rb_last(const struct rbtree *t);
struct rbnode *rb_next(const struct rbnode *node);
struct rbnode *rb_prev(const struct rbnode *node);
/* Checks colours, black height and links; the number of nodes, or -1 when broken. For tests. */
int rb_check(const struct rbtree *t);
#define rb_entry(node, type, member) container_of(node, type, member)
