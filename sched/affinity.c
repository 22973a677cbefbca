/* Where a task may run, and how large its share is: changes from outside, under its run queue's lock. */
#include "diag/assert.h"
#include "lib/errno.h"
#include "sched/runq.h"

static bool usable(const struct cpumask *mask)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (cpumask_test(mask, cpu))
            return true;
    return false;
}

/* It is queued where it may not run any more: takes it out, to be pushed. True when it did. */
static bool pull_out(struct runq *q, struct task *task) must_hold(&q->lock)
{
    if (!task->queued || cpumask_test(&task->allowed, q->cpu))
        return false;
    runq_remove(q, task);
    runq_make_relative(q, task); /* on_rq stays: a waker sees a runnable task and leaves it alone */
    return true;
}

int task_set_affinity(struct task *task, struct cpumask mask)
{
    if (!usable(&mask))
        return -EINVAL;
    irqflags_t flags = irq_save();
    preempt_disable();
    struct runq *q;
    runq_lock_of(task, &q);
    task->allowed = mask;
    bool push = pull_out(q, task);
    bool misplaced = task->on_cpu && !cpumask_test(&mask, q->cpu);
    if (misplaced && task != current)
        runq_resched(q); /* its CPU puts it down and sends it on */
    spin_unlock(&q->lock);
    if (push)
        balance_push(task);
    irq_restore(flags);
    preempt_enable();
    if (misplaced && task == current)
        task_yield();
    return 0;
}

void task_pin(struct task *task, u32 cpu)
{
    int error = task_set_affinity(task, cpumask_of(cpu));

    assert(error == 0);
    assert(task != current || in_atomic() || cpu_id() == cpu);
}

void task_set_nice(struct task *task, int nice)
{
    irqflags_t flags = irq_save();

    nice = MAX(-20, MIN(19, nice));
    preempt_disable();
    struct runq *q;
    runq_lock_of(task, &q);
    if (task->queued) {
        runq_remove(q, task);
        task->nice = nice;
        runq_insert(q, task);
    } else {
        if (q->running == task)
            WRITE_ONCE(q->weight, q->weight - nice_weight(task->nice) + nice_weight(nice));
        task->nice = nice;
    }
    spin_unlock(&q->lock);
    irq_restore(flags);
    preempt_enable();
}
