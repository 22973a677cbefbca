/*
 * Sleep and wake.
 *
 *     sleeper                                         waker
 *     task_set_state(asleep)   store, full barrier    condition := true
 *     condition? -> do not sleep                      full barrier (its lock, or wake_all's own)
 *     task_sleep()                                    task_wake(): lock the sleeper's run queue
 *        lock own run queue                              state asleep? -> state := RUNNING
 *        state still asleep? off the queue                 off the queue? -> onto one
 *        switch away, unlock                             unlock
 *
 * The state is changed by two: by its task, to any sleeping state, without a lock; by wakers, to RUNNING,
 * under the lock of the run queue that the task belongs to. What can come between, and why it does no harm:
 *
 *   - the wake-up comes after task_set_state() and before task_sleep(): the task is on the queue still, the
 *     waker only writes RUNNING, and task_sleep() finds that under the lock and does not sleep;
 *   - it comes while the task is being switched away: the waker waits for the lock, which is held until the
 *     task has left its stack (switch.c), and then finds it off the queue;
 *   - two wakers: the first one writes RUNNING under the lock, the second one finds that and returns false;
 *   - the task is woken to the queue that it left: claimed and queued in one hold of its lock;
 *   - the task is woken to another CPU's queue: the waker claims it by writing RUNNING under the old queue's
 *     lock; from there to the new queue it is in none, RUNNING, and so nobody else's to wake;
 *   - the task sets a sleeping state again at once: then it runs, so it has been through all of the above.
 *
 * Why a task must be RUNNING when it touches user memory, or does anything else that may sleep, is the seed's
 * question (row S36): that other sleep would be ended by its own wake-up, and the first one's state would be
 * forgotten; or, had its wake-up come already, it would sleep for nothing. task_sleep() returns in RUNNING;
 * mm's fault entry sets it.
 */
#include "arch/clock.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/race.h"
#include "diag/trace.h"
#include "sched/runq.h"

void task_set_state(enum task_state state)
{
    choice_point(&current->state);
    __atomic_store_n(&current->state, (u32)state, __ATOMIC_SEQ_CST); /* on x86: XCHG, a full barrier */
    memory_barrier();
}

void task_sleep(void)
{
    assert(READ_ONCE(current->state) != TASK_DEAD);
    might_sleep();
    if (READ_ONCE(current->state) != TASK_RUNNING)
        schedule();
    task_set_state(TASK_RUNNING);
}

struct sleep_timer {
    struct timer timer;
    struct task *task;
    u32 fired;
};

static void wake_sleeper(struct timer *t)
{
    struct sleep_timer *s = container_of(t, struct sleep_timer, timer);

    store_release(&s->fired, 1u);
    task_wake(s->task);
}

bool task_sleep_until(u64 deadline_ns)
{
    struct sleep_timer s = {.task = current};

    if (clock_ns() >= deadline_ns) {
        task_set_state(TASK_RUNNING);
        return false;
    }
    timer_arm(&s.timer, deadline_ns, wake_sleeper);
    task_sleep();
    timer_cancel(&s.timer);
    return !load_acquire(&s.fired);
}

/* May it be put there? Its affinity can have changed since somebody chose. */
static bool takes(const struct runq *q, const struct task *task) must_hold(&q->lock)
{
    return likely(cpumask_test(&task->allowed, q->cpu) || q->local == NULL);
}

static void enqueue_locked(struct runq *q, struct task *task, u64 slept_ns) must_hold(&q->lock)
{
    WRITE_ONCE(task->cpu, q->cpu);
    WRITE_ONCE(task->on_rq, true);
    runq_make_absolute(q, task, slept_ns);
    runq_insert(q, task);
    runq_check_preempt(q, task);
    trace_point_as(sched_wakeup, sched_wakeup, task->pid, task->comm, q->cpu);
}

/* The claimed task goes onto a queue: RUNNING already, in no queue, nobody else's. Interrupts off. */
static void enqueue_claimed(struct task *task, u64 slept_ns)
{
    for (;;) {
        struct runq *q = runq_of(balance_pick_cpu(task, cpu_id()));
        spin_lock(&q->lock);
        bool placed = takes(q, task);
        if (placed)
            enqueue_locked(q, task, slept_ns);
        spin_unlock(&q->lock);
        if (placed)
            return;
    }
}

/* Under the lock of its queue: is it asleep in one of these states? Then it is RUNNING, and ours. */
static bool claim(struct runq *q, struct task *task, u32 mask, bool *needs_queue) must_hold(&q->lock)
{
    u32 state = READ_ONCE(task->state);

    if (!(mask & (1u << state)))
        return false;
    assert(state != TASK_RUNNING && state != TASK_DEAD);
    WRITE_ONCE(task->state, TASK_RUNNING);
    *needs_queue = !task->on_rq && !(READ_ONCE(task->flags) & (1u << TASKF_IDLE));
    return true;
}

bool task_wake_states(struct task *task, u32 mask)
{
    bool needs_queue = false;
    irqflags_t flags = irq_save();

    preempt_disable(); /* the switch that this wake-up may ask for comes when all is done */
    struct runq *q;
    runq_lock_of(task, &q);
    bool woken = claim(q, task, mask, &needs_queue);
    if (woken && (READ_ONCE(task->flags) & (1u << TASKF_IDLE)))
        runq_resched(q);
    if (woken) {
        count_event(wakeup);
        trace_point_as(sched_waking, sched_wakeup, task->pid, task->comm, q->cpu);
    }
    u64 slept_ns = needs_queue ? clock_ns() - task->asleep_since : 0;
    if (needs_queue && balance_pick_cpu(task, cpu_id()) == q->cpu && takes(q, task)) {
        enqueue_locked(q, task, slept_ns); /* to where it was: one hold of the lock for both */
        needs_queue = false;
    }
    spin_unlock(&q->lock);
    if (needs_queue)
        enqueue_claimed(task, slept_ns);
    irq_restore(flags);
    preempt_enable();
    return woken;
}

/* It may be in user mode on another CPU, where it looks at its flags only on the way back from a trap. */
static void kick(struct task *task)
{
    u32 cpu = READ_ONCE(task->cpu);

    preempt_disable();
    if (task != current && READ_ONCE(task->on_cpu) && cpu != cpu_id())
        cpu_send_ipi(cpu, IPI_RESCHED);
    preempt_enable();
}

/* The running task, and not about to sleep: it will see its flags, and there is nobody to wake. Its state is
 * its own to change from RUNNING, and it tests the flags after that. */
static inline bool is_awake_here(const struct task *task)
{
    return task == current && READ_ONCE(task->state) == TASK_RUNNING;
}

void task_kill(struct task *task)
{
    /* Before the look at its state: it sets that, then tests these. */
    atomic_bits_set(&task->flags, 1u << TASKF_KILLED | 1u << TASKF_SIGNAL | 1u << TASKF_WORK);
    if (!is_awake_here(task) &&
        !task_wake_states(task, (1u << TASK_INTERRUPTIBLE) | (mutant(R38) ? 0 : 1u << TASK_KILLABLE)))
        kick(task); /* R38: one that sleeps in a fault sleeps killable */
}

void task_signal(struct task *task)
{
    atomic_bits_set(&task->flags, 1u << TASKF_SIGNAL | 1u << TASKF_WORK);
    if (!is_awake_here(task) && !task_wake_states(task, 1u << TASK_INTERRUPTIBLE))
        kick(task);
}

void task_start(struct task *task)
{
    irqflags_t flags = irq_save();

    preempt_disable();
    assert(!task->on_rq && task->state == TASK_UNINTERRUPTIBLE);
    task_get(task); /* the scheduler's, until it is buried */
    WRITE_ONCE(task->state, TASK_RUNNING);
    enqueue_claimed(task, 0);
    irq_restore(flags);
    preempt_enable();
}
