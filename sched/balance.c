/*
 * Which CPU: placement at wake-up, stealing by a CPU that runs out of work, and a look round now and then by
 * those that have some. All of it decides by numbers read without locks; a stale one makes a worse choice,
 * never a wrong one, since whoever moves a task has the locks and looks again.
 */
#include "diag/assert.h"
#include "diag/counters.h"
#include "sched/runq.h"

#define BALANCE_TICKS 4u

static bool may_use(const struct task *task, u32 cpu)
{
    return cpumask_test(&sched_cpus, cpu) && cpumask_test(&task->allowed, cpu);
}

/* Its last CPU if that one is idle (its cache is warm), else the waker's (the data are there), else any idle
 * one, else the least loaded. */
u32 balance_pick_cpu(struct task *task, u32 here)
{
    u32 last = READ_ONCE(task->cpu), best = MAX_CPUS;

    if (may_use(task, last) && runq_is_idle(runq_of(last)))
        return last;
    if (may_use(task, here) && runq_is_idle(runq_of(here)))
        return here;
    cpumask_for_each (cpu, &sched_cpus) {
        if (!cpumask_test(&task->allowed, cpu))
            continue;
        if (runq_is_idle(runq_of(cpu)))
            return cpu;
        if (best == MAX_CPUS || READ_ONCE(runq_of(cpu)->weight) < READ_ONCE(runq_of(best)->weight))
            best = cpu;
    }
    /* No CPU that it may use schedules yet (boot): it waits on the queue of the first one that it may use. */
    return best != MAX_CPUS ? best : MIN(cpumask_next(&task->allowed, 0), MAX_CPUS - 1);
}

/* Moves a task that was found queued on `from`. */
static void balance_move(struct runq *from, struct runq *to, struct task *task)
    must_hold(&from->lock, &to->lock)
{
    assert(task->queued && task->cpu == from->cpu && !task->on_cpu);
    runq_remove(from, task);
    runq_make_relative(from, task);
    WRITE_ONCE(task->cpu, to->cpu);
    runq_make_absolute(to, task, 0);
    runq_insert(to, task);
}

static struct runq *busiest(u32 than)
{
    struct runq *most = NULL;

    cpumask_for_each (cpu, &sched_cpus) {
        struct runq *q = runq_of(cpu);
        if (READ_ONCE(q->queued) > (most ? READ_ONCE(most->queued) : than))
            most = q;
    }
    return most;
}

/* From the end: who would wait longest there. */
static struct task *movable(const struct runq *from, u32 to)
{
    for (struct rbnode *n = rb_last(&from->tree); n; n = rb_prev(n)) {
        struct task *task = rb_entry(n, struct task, run_node);
        if (cpumask_test(&task->allowed, to))
            return task;
    }
    return NULL;
}

/* The victim's lock is only tried: we hold our own, whichever order that is, and a victim that is busy with
 * its queue is no victim. */
static bool pull_from(struct runq *victim, struct runq *to) must_hold(&to->lock)
{
    if (victim == NULL || victim == to || !spin_try_lock(&victim->lock))
        return false;
    struct task *task = movable(victim, to->cpu);
    if (task) {
        balance_move(victim, to, task);
        count_event(steal);
    }
    spin_unlock(&victim->lock);
    return task != NULL;
}

bool balance_steal(struct runq *q)
{
    if (q->local == NULL)
        return false;
    if (pull_from(busiest(0), q))
        return true;
    /* The busiest one may have nothing for us: pinned tasks. Then anybody's. */
    cpumask_for_each (cpu, &sched_cpus) {
        if (READ_ONCE(runq_of(cpu)->queued) != 0 && pull_from(runq_of(cpu), q))
            return true;
    }
    return false;
}

void balance_tick(struct runq *q)
{
    static PERCPU(u32, countdown);

    if (this_cpu(countdown)++ % BALANCE_TICKS != 0)
        return;
    if (q->running == q->idle) {
        if (busiest(0))
            runq_resched(q); /* schedule() steals */
    } else if (pull_from(busiest(q->queued + 1), q)) {
        runq_check_preempt(q, runq_first(q));
    }
}

lock_implementation void balance_push(struct task *task)
{
    irqflags_t flags = irq_save();
    struct runq *from = runq_of(task->cpu); /* only we can move it: it is in no queue */

    for (bool placed = false; !placed;) {
        struct runq *to = runq_of(balance_pick_cpu(task, from->cpu));
        if (to != from)
            runq_lock_pair(from, to);
        else
            spin_lock(&from->lock);
        placed = cpumask_test(&task->allowed, to->cpu);
        if (placed) {
            WRITE_ONCE(task->cpu, to->cpu);
            runq_make_absolute(to, task, 0);
            runq_insert(to, task);
            runq_check_preempt(to, task);
        }
        if (to != from)
            spin_unlock(&to->lock);
        spin_unlock(&from->lock);
    }
    irq_restore(flags);
}
