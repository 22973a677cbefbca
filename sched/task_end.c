/*
 * The end of a task.
 *
 * A task cannot free the stack on which it runs. It marks itself dead and switches away for the last time;
 * the task that comes after it on that CPU (finish() in switch.c) stands on its own stack, so from there on
 * the dead one's memory belongs to its references alone. One of these is the scheduler's own, dropped there:
 *
 *     dying task              next task on that CPU: task_buried()            joiner (has a reference)
 *     state := DEAD
 *     switch away ........->  lock: buried, wake joiners, drop reference      lock: buried? return : sleep
 *                                                                             drop reference: frees
 *
 * The reference is dropped in the same critical section in which the joiner learns of the death. So a
 * joiner's own task_put() is the last one, and the memory is free when it returns: a test that counts frames
 * may count at once.
 *
 * Freeing may sleep. Whoever drops the last reference where it must not sleep leaves the task to the reaper.
 */
#include "arch/context.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "sched/runq.h"
#include "sched/task_memory.h"

DEFINE_SPINLOCK(burial_lock, WAIT);
static struct task *dead_tasks; /* (a) a stack: pushed by anyone, taken whole by the reaper */
static struct task *reaper;

struct joiner {
    struct list link; /* under burial_lock */
    struct task *task;
};

noreturn void task_exit(void)
{
    struct task *self = current;

    might_sleep();
    assert(held_count(&self->locks) == 0); /* a sleeping lock would stay locked for ever */
    assert(!(READ_ONCE(self->flags) & (1u << TASKF_IDLE)));
    irq_disable();
    WRITE_ONCE(self->state, TASK_DEAD); /* interrupts are off: no preemption puts a dead task back */
    switch_tasks(LEAVE_SLEEP);
    bug("a dead task runs");
}

static void destroy(struct task *task)
{
    irqflags_t flags = spin_lock_irq_save(&task_list_lock);

    list_remove(&task->all);
    spin_unlock_irq_restore(&task_list_lock, flags);
    context_release(task);
    if (task->kstack)
        task_stack_free(task->kstack);
    task_struct_free(task);
}

static void leave_to_reaper(struct task *task)
{
    task->next_dead = READ_ONCE(dead_tasks);
    choice_point(&dead_tasks);
    while (!__atomic_compare_exchange_n(&dead_tasks, &task->next_dead, task, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED))
        choice_point(&dead_tasks);
    if (reaper)
        task_wake(reaper);
}

void task_put(struct task *task)
{
    int refs = atomic_dec(&task->refs);

    assert(refs >= 0);
    if (refs != 0)
        return;
    assert(!task->on_cpu && !task->on_rq);
    if (in_atomic())
        leave_to_reaper(task);
    else
        destroy(task);
}

void task_buried(struct task *task)
{
    struct joiner *j;

    irqflags_t flags = spin_lock_irq_save(&burial_lock);
    task->buried = true;
    list_for_each (j, &task->joiners, link)
        task_wake(j->task);
    bool last = atomic_dec(&task->refs) == 0;
    spin_unlock_irq_restore(&burial_lock, flags);
    if (last)
        leave_to_reaper(task);
}

void task_join(struct task *task)
{
    struct joiner me = {.task = current};
    bool buried = false;

    assert(task != current);
    task_waits_for(task, "the end of a task", CALLER_IP());
    irqflags_t flags = spin_lock_irq_save(&burial_lock);
    list_push_back(&task->joiners, &me.link);
    spin_unlock_irq_restore(&burial_lock, flags);
    while (!buried) {
        task_set_state(TASK_UNINTERRUPTIBLE);
        flags = spin_lock_irq_save(&burial_lock);
        buried = task->buried;
        spin_unlock_irq_restore(&burial_lock, flags);
        if (!buried)
            task_sleep();
    }
    task_set_state(TASK_RUNNING);
    flags = spin_lock_irq_save(&burial_lock);
    list_remove(&me.link);
    spin_unlock_irq_restore(&burial_lock, flags);
    task_waits_for(NULL, NULL, 0);
}

static void reap(void *arg)
{
    for (;;) {
        task_set_state(TASK_INTERRUPTIBLE);
        if (READ_ONCE(dead_tasks) == NULL)
            task_sleep();
        task_set_state(TASK_RUNNING);
        choice_point(&dead_tasks);
        struct task *task = __atomic_exchange_n(&dead_tasks, NULL, __ATOMIC_SEQ_CST);
        while (task) {
            struct task *next = task->next_dead;
            destroy(task);
            task = next;
        }
    }
}

void reaper_start(void)
{
    reaper = task_create_kernel("reaper", reap, NULL);
    if (reaper == NULL)
        panic("no memory for the reaper task");
    task_start(reaper);
}
