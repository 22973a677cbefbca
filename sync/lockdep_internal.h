/* The graph that lockdep.c grows, lockdep_graph.c keeps and searches, and lockdep_story.c tells. */
#pragma once
#include "sync/held.h"
#include "sync/lockdep.h"

#define NODES_MAX 128u /* nodes are numbered from 1; 0: a class that found no room */
#define EDGES_MAX 1024u

/* What was seen of a class of spinlocks, and where first. */
enum lock_use {
    USED_IN_IRQ,  /* waited for by an interrupt handler */
    USED_IRQS_ON, /* held where an interrupt may come */
    USES
};
struct lock_moment {
    vaddr_t ip; /* 0: never */
    s32 pid;
    u32 cpu;
};
struct lock_node {
    const struct lock_class *class;
    bool is_wait; /* a wait for something to happen, not a lock */
    u32 after;    /* how many edges leave it: locks taken while this one was held */
    struct lock_moment used[USES];
};
/* "While `from` was held, `to` was wanted." */
struct lock_edge {
    u8 from, to;
    u8 from_mode, is_irq; /* enum lock_mode of the held one; in an interrupt handler */
    vaddr_t from_ip;      /* where the held one was taken */
    struct lock_moment at;
};

/* ---- lockdep_graph.c; all under the graph's own word, which the callers below lock_graph take ---- */
irqflags_t graph_lock(void);
void graph_unlock(irqflags_t flags);
u32 graph_node(struct lock_class *class,
               bool is_wait);       /* its number; made at its first use. Takes the word */
bool graph_knows(u32 from, u32 to); /* without the word: an edge never goes away */
void graph_add(u32 from, u32 to, const struct held_lock *held, vaddr_t ip);
const struct lock_edge *graph_edge(u32 from, u32 to); /* NULL: no such edge in the order */
void graph_refuse(u32 from, u32 to);                  /* it was reported: never look at it again */
struct lock_node *graph_at(u32 node);
u32 graph_nodes(void);
u32 graph_edges(void);
const struct lock_edge *graph_edge_number(u32 i);
struct lock_moment moment_here(vaddr_t ip);

typedef bool (*node_wanted)(u32 node, u32 arg);
/* The shortest way along the edges (or, `back`, against them) from `start` to a node that is wanted, start
 * itself included: fills path[0..n-1] from start to there and returns n; 0 when there is none. */
u32 graph_way(u32 start, bool back, node_wanted wanted, u32 arg, u8 path[NODES_MAX]);

/* ---- lockdep_story.c: the reports. No word held ---- */
/* Inside a report: where `first` was held when `second` was wanted, if that was ever seen. */
void lockdep_tell_order(const struct lock_class *first, const struct lock_class *second);
#define WANT_IRQS_ON 256u /* beside ACQUIRE_*: nothing is wanted, but interrupts come on while it is held */
struct lock_want {
    const void *lock;
    const struct lock_class *class;
    u32 node;
    u32 flags;
    vaddr_t ip;
};
void story_circle(const struct lock_want *want, const struct held_lock *held, const u8 *path, u32 n);
void story_irq_self(const struct lock_want *want, enum lock_use now);
/* `path` from a lock of handlers to one that is held with interrupts on. `want` and `held` say what closed
 * it, NULL held: a use, not an edge. */
void story_irq_chain(const struct lock_want *want, const struct held_lock *held, const u8 *path, u32 n);
