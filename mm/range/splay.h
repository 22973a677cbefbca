/*
 * Splay tree, intrusive: every search moves what it met to the root, so any run of m operations on n nodes
 * costs O(m log n) comparisons without a balance field (Sleator and Tarjan, 1985). A look-up writes the tree:
 * whoever searches needs the owner's lock as much as whoever inserts.
 *
 * The tree compares nothing: the user descends with his own keys and then calls splay_to_root() on the last
 * node he met, also when he did not find what he wanted, or the cost bound is lost.
 */
#pragma once
#include "lib/compiler.h"

struct splay_node {
    struct splay_node *parent, *left, *right;
};
struct splay_tree {
    struct splay_node *root;
    void (*update)(
        struct splay_node *node); /* recomputes a node's summary of its subtree; NULL: none is kept */
};

/* Moves the node to the root; summaries on its former path are recomputed. */
void splay_to_root(struct splay_tree *tree, struct splay_node *node);
/* Links `node` as a child of `parent` (NULL: the tree is empty) and moves it to the root. */
void splay_insert(struct splay_tree *tree, struct splay_node *node, struct splay_node *parent, bool left);
void splay_remove(struct splay_tree *tree, struct splay_node *node);
struct splay_node *splay_leftmost(struct splay_node *node); /* NULL is allowed */
struct splay_node *splay_next(const struct splay_node *node);
