/*
 * RCU, the ground half: counting quiescent states, collecting deferred calls.
 *
 * Each CPU counts the moments at which it certainly runs no reader, on a line of its own. A grace period is
 * "every CPU's count has moved" (rcu_wait.c). The count is a full barrier: what a reader before it did is
 * done when the count is seen, and a reader after it sees what was taken out of reach before the grace period
 * began.
 */
#include "sync/rcu.h"
#include "diag/assert.h"
#include "sync/rcu_internal.h"

static PERCPU(atomic_t, quiescent);
static struct rcu_head *deferred; /* (a) a stack: pushed by anyone, taken whole */
void (*rcu_deferred_hook)(void);

void rcu_quiescent(void)
{
    assert(preempt_count() != 0 || !irq_enabled());
    atomic_inc(&this_cpu(quiescent));
}

u32 rcu_quiescent_count(u32 cpu)
{
    return (u32)atomic_read_acquire(&per_cpu(quiescent, cpu));
}

void rcu_call(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
    struct rcu_head *seen = READ_ONCE(deferred);

    assert(fn != NULL);
    head->fn = fn;
    do {
        choice_point(&deferred);
        head->next = seen;
    } while (!__atomic_compare_exchange_n(&deferred, &seen, head, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    if (seen == NULL && rcu_deferred_hook)
        rcu_deferred_hook();
}

bool rcu_has_deferred(void)
{
    return READ_ONCE(deferred) != NULL;
}

struct rcu_head *rcu_take_deferred(void)
{
    choice_point(&deferred);
    return __atomic_exchange_n(&deferred, NULL, __ATOMIC_SEQ_CST);
}
