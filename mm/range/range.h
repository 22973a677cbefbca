/*
 * The range engine (rows S07, S11, S19, S30): sets of extents [start, start + count) of whole units, under
 * the zones of the frame allocator and under kvalloc. A unit is a page frame or a page of the kernel window;
 * the engine does not care.
 *
 *                    by_size: best fit             by_addr: coalescing, look-up, ceilings
 *                       (8,96)                            (32)      max 20
 *                      /      \                          /    \
 *                  (3,32)    (20,64)                  ...    (64)   max 20
 *
 * Each extent is one node in two splay trees, so allocation, release and look-up are O(log n) comparisons
 * amortised (counted in set->comparisons). by_addr also keeps the largest extent of every subtree, so that a
 * search below a ceiling skips what cannot serve. Weighed against a binary buddy: any size without rounding,
 * any alignment, and a request fails only when no fit exists; the price is a shared structure under one lock,
 * which the per-CPU caches above keep away from the common case.
 *
 * The engine allocates nothing: nodes come from and return to the set's owner, who keeps them in the page
 * array (frames: the node of an extent lives in its first frame's struct page) or in descriptor slots
 * (kvalloc). The owner's lock is held round every call. No call sleeps.
 */
#pragma once
#include "mm/range/splay.h"

struct range_node {
    struct splay_node by_addr, by_size;
    u32 start, count;
    u32 max; /* the largest count in its by_addr subtree */
};

struct range_set {
    struct splay_tree by_addr, by_size;
    bool addr_only; /* never asked for a fit: by_size is not kept */
    u32 extents;
    u32 units;       /* sum of counts */
    u32 comparisons; /* key comparisons since the start, for row S07; wraps */
    /* The node for the extent that begins at `start`. Never fails: the owner has made sure before he called.
     */
    struct range_node *(*node_get)(struct range_set *set, u32 start);
    void (*node_put)(struct range_set *set, struct range_node *node);
};

struct range_request {
    u32 count;    /* > 0 */
    u32 align;    /* first unit is a multiple of this power of two; 0 and 1: any */
    u32 limit;    /* wholly below; 0: no ceiling */
    u32 boundary; /* crosses no multiple of this power of two; 0: may; else count <= boundary */
};

void range_set_init(struct range_set *set, struct range_node *(*node_get)(struct range_set *, u32),
                    void (*node_put)(struct range_set *, struct range_node *));
/* Takes the best fit out of the set: the smallest extent that serves (the lowest of equals). False: no fit
 * exists. */
must_check bool range_alloc(struct range_set *set, const struct range_request *request, u32 *start);
/* Takes up to `most` units from the front of the smallest extent; returns how many, 0 when the set is empty.
 */
u32 range_alloc_some(struct range_set *set, u32 most, u32 *start);
/* Takes exactly [start, start + count); false when a part of it is not in the set. */
must_check bool range_alloc_at(struct range_set *set, u32 start, u32 count);
/* Gives [start, start + count) back and joins it with its neighbours. A unit already in the set is asserted.
 */
void range_free(struct range_set *set, u32 start, u32 count);

/* ---- without splitting or joining: for sets whose extents have an identity (kvalloc's used ranges) ---- */
void range_insert(struct range_set *set, struct range_node *node, u32 start, u32 count);
void range_remove(struct range_set *set, struct range_node *node);
/* The extent that contains `unit`, or NULL. */
struct range_node *range_find(struct range_set *set, u32 unit);
/* In address order; NULL at the end. */
struct range_node *range_first(struct range_set *set);
struct range_node *range_next(struct range_node *node);
/* Order, overlap, summaries and totals; the number of extents, or -1 when something is broken. For tests. */
int range_check(struct range_set *set);
