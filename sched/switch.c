/*
 * Switching: who runs next on this CPU, and the hand-over from one stack to another.
 *
 * The run queue's lock is taken by the task that leaves and released by the task that comes:
 *
 *     A: switch_tasks()                          B (switched away earlier)
 *        lock(run queue)
 *        A asleep? off the queue : into the tree
 *        choose B
 *        context_switch(A, B) ............... ->  returns "A ran before"
 *        [A stands here until chosen again]       A->on_cpu = false
 *                                                 unlock(run queue)
 *
 * So whoever holds the lock sees no task half-way: one that is off the queue, or in the tree, has left its
 * stack altogether. That answers the question that every SMP scheduler has to answer, "may another CPU run A
 * while A is still on its way out here?", without a second protocol: a waker or a thief needs this lock to
 * get at A. (A new task has never been in switch_tasks(); it releases the lock in task_first_run(), the first
 * thing on its stack.)
 *
 * A preempted task stays runnable whatever its state says. It may have set itself TASK_INTERRUPTIBLE and not
 * yet have tested its condition; if the tick took it off the queue there, a wake-up that came before would
 * not come again.
 */
#include "arch/clock.h"
#include "arch/context.h"
#include "arch/pgtable.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/trace.h"
#include "sched/runq.h"
#include "sync/rcu.h"

/* Puts the one that leaves where it belongs. */
static void retire(struct runq *q, struct task *prev, enum leave_reason why, u64 now) must_hold(&q->lock)
{
    if (prev == q->idle)
        return;
    WRITE_ONCE(q->weight, q->weight - nice_weight(prev->nice));
    if (READ_ONCE(prev->state) != TASK_RUNNING && why == LEAVE_SLEEP) {
        WRITE_ONCE(prev->on_rq, false);
        prev->asleep_since = now;
        WRITE_ONCE(prev->hang_reported, false);
        runq_make_relative(q, prev);
    } else if (cpumask_test(&prev->allowed, q->cpu)) {
        struct task *first = runq_first(q);
        if (why == LEAVE_YIELD && first && vruntime_before(prev->vruntime, first->vruntime))
            prev->vruntime = first->vruntime; /* equals queue behind each other */
        runq_insert(q, prev);
    } else {
        runq_make_relative(q, prev); /* finish() sends it away: it stays runnable, in no queue */
    }
}

static struct task *choose(struct runq *q) must_hold(&q->lock)
{
    if (q->first == NULL)
        balance_steal(q);
    struct task *next = runq_first(q);
    if (next == NULL)
        return q->idle;
    runq_remove(q, next);
    WRITE_ONCE(q->weight, q->weight + nice_weight(next->nice));
    return next;
}

/* On the stack of the task that comes. The lock was taken by the one that left. */
static lock_implementation void finish(struct task *former) releases(&runq_here()->lock)
{
    struct runq *q = runq_here();

    assert(former != current && spin_is_held(&q->lock));
    bool dead = READ_ONCE(former->state) == TASK_DEAD;
    bool misplaced = former->on_rq && !former->queued && former != q->idle;
    store_release(&former->on_cpu, false);
    spin_unlock(&q->lock);
    if (unlikely(dead))
        task_buried(former);
    else if (unlikely(misplaced))
        balance_push(former);
}

void task_first_run(struct task *former) releases(&runq_here()->lock)
{
    finish(former);
    assert(preempt_count() == 0 && !irq_enabled());
}

static void announce(struct runq *q, struct task *prev, struct task *next, enum leave_reason why)
{
    q->switches++;
    count_event(context_switch);
    if (why == LEAVE_PREEMPTED)
        count_event(preempt);
    trace_point(sched_switch, prev->comm, next->comm, next->pid,
                why == LEAVE_SLEEP ? READ_ONCE(prev->state) : TASK_RUNNING);
}

/* A kernel task runs in whatever space is loaded; so does one that returns to the space it left. */
static void enter_space(const struct task *next)
{
    if (next->space && next->space != cpu_local()->loaded_space)
        space_load(next->space);
}

/* The count of the run queue's lock and the caller's own are this CPU's now, and the next task's later: the
 * count changes owner with the stack. */
static void become(struct task *prev, struct task *next) releases(&runq_here()->lock)
{
    prev->preempt_saved = preempt_count();
    preempt_count_add(next->preempt_saved - prev->preempt_saved);
    WRITE_ONCE(next->on_cpu, true);
    enter_space(next);
    finish(context_switch(prev, next));
}

lock_implementation void switch_tasks(enum leave_reason why)
{
    struct task *prev = current;

    assert(!irq_enabled() && !in_interrupt());
    struct runq *q = runq_here();
    spin_lock(&q->lock);
    WRITE_ONCE(cpu_local()->need_resched, 0);
    u64 now = clock_ns();
    runq_charge(q, now);
    rcu_quiescent();
    retire(q, prev, why, now);
    struct task *next = choose(q);
    WRITE_ONCE(q->running, next);
    q->picked_at = now;
    next->exec_start = now;
    if (next == prev) {
        spin_unlock(&q->lock);
        return;
    }
    assert(!next->on_cpu && next->cpu == q->cpu);
    announce(q, prev, next, why);
    become(prev, next);
}

/* An idle task that "sleeps" (boot code that waits for a mutex) is never off the queue, for it is never on
 * it. */
void schedule(void)
{
    assert(preempt_count() <= PREEMPT_ONE);
    irqflags_t flags = irq_save();
    switch_tasks(LEAVE_SLEEP);
    irq_restore(flags);
}

void preempt_schedule(void)
{
    if (preempt_count() != 0)
        return;
    irqflags_t flags = irq_save();
    while (READ_ONCE(cpu_local()->need_resched))
        switch_tasks(LEAVE_PREEMPTED);
    irq_restore(flags);
}

/* Nobody waits for this CPU, and we may stay on it: a look at three words, none of them written. One that is
 * queued at this moment sets need_resched if it is to run now, and waits for the tick else, as behind any
 * running task. */
static bool is_alone(void)
{
    const struct runq *q = runq_here();

    return READ_ONCE(q->queued) == 0 && !cpu_need_resched() && cpumask_test(&current->allowed, q->cpu);
}

void task_yield(void)
{
    irqflags_t flags = irq_save();
    bool alone = is_alone();

    assert(preempt_count() == 0);
    if (alone)
        rcu_quiescent();
    else
        switch_tasks(LEAVE_YIELD);
    irq_restore(flags);
    if (alone)
        cpu_relax(); /* it yields in a loop, perhaps: until another CPU has done something */
}
