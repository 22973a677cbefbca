/*
 * RCU: readers that write nothing shared. A reader runs with preemption off; whoever takes an object out of
 * reach waits until every CPU has switched tasks once (or idled, or ran user code): then no reader that could
 * have found it is left, and it may be freed.
 */
#pragma once
#include "arch/cpu.h"

static inline void rcu_read_lock(void)
{
    preempt_disable();
}
static inline void rcu_read_unlock(void)
{
    preempt_enable();
}
/* Publish and follow a pointer: what it points to was written before it. */
#define rcu_assign(p, v) store_release(&(p), (v))
#define rcu_read(p)      load_acquire(&(p))

struct rcu_head {
    struct rcu_head *next;
    void (*fn)(struct rcu_head *);
};
/* fn(head) runs in a task of its own, may sleep, after a grace period. Any context with no RUNQ or LEAF lock
 * held. */
void rcu_call(struct rcu_head *head, void (*fn)(struct rcu_head *));

/* ---- the scheduler's side: this CPU is between two readers. Preemption off. ---- */
void rcu_quiescent(void);
/* A number that grows whenever `cpu` was quiescent. */
u32 rcu_quiescent_count(u32 cpu);

/* ---- the sleeping side (sync/rcu_wait.c, above the scheduler) ---- */
/* Returns when all readers that were inside at the call are out. Sleeps; not from within a reader. */
void rcu_synchronize(void);
/* Returns when all calls that were deferred have run, and those that they deferred. Sleeps. For who counts
 * what is left. */
void rcu_drain(void);
/* Starts the task that runs deferred calls; once, when tasks can be made. */
void rcu_init(void);
