/*
 * A run queue: the runnable tasks of one CPU, in the order of their virtual run time.
 *
 * Virtual run time is the time a task has run, stretched by its weight: at nice 0 a nanosecond counts one, at
 * nice 19 about 68. The task that has had least runs next; all virtual times thus advance together, which is
 * fairness. The tree holds those who wait; the one that runs is outside of it and is put back when it is
 * switched away.
 *
 *     min_vruntime                                         time ->
 *         |---- A ---- B -- C -------------- D
 *              first                            running: grows until it passes A's by a slice
 *
 * Queues of different CPUs advance at different speeds, so a vruntime means something only in its own queue.
 * A task that sleeps or moves carries the difference to min_vruntime instead (relative), and becomes absolute
 * where it is queued again. A sleeper is moved forward by the time it slept, at most SLEEPER_BONUS before the
 * queue: it gets the CPU soon after its wake-up, but cannot save up for a monopoly.
 */
#include "sched/runq.h"
#include "arch/clock.h"
#include "diag/assert.h"
#include "diag/counters.h"

PERCPU_DEFINE(runqs);
struct cpumask sched_cpus;

/* 1024 * 1.25^-nice, rounded: one nice level is a tenth of the CPU between two equals. */
static const u16 weights_above[20] = {1280,  1600,  2000,  2500,  3125,  3906,  4883,  6104,  7629,  9537,
                                      11921, 14901, 18626, 23283, 29104, 36380, 45475, 56843, 65535, 65535};
static const u16 weights_below[20] = {1024, 819, 655, 524, 419, 336, 268, 215, 172, 137,
                                      110,  88,  70,  56,  45,  36,  29,  23,  18,  15};

u32 nice_weight(int nice)
{
    assert(nice >= -20 && nice <= 19);
    return nice < 0 ? weights_above[-nice - 1] : weights_below[nice];
}

/* Run time to virtual run time. 2^20 * 1024 / weight fits 27 bits, the time 32 (a tick is 2^24 ns). */
static u64 stretch(u64 ns, u32 weight)
{
    u32 time = ns > 0xFFFFFFFFu ? 0xFFFFFFFFu : (u32)ns;

    return weight == NICE_0_WEIGHT ? time : ((u64)time * ((NICE_0_WEIGHT << 20) / weight)) >> 20;
}

struct task *runq_first(const struct runq *q)
{
    return q->first ? rb_entry(q->first, struct task, run_node) : NULL;
}

s32 task_running_cpu(const struct task *task)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (READ_ONCE(runq_of(cpu)->running) == task)
            return (s32)cpu;
    return -1;
}

void runq_insert(struct runq *q, struct task *task)
{
    struct rbnode **at = &q->tree.root, *parent = NULL;
    bool left = true, leftmost = true;

    assert(!task->queued && task->on_rq && task != q->idle);
    while (*at) {
        parent = *at;
        left = vruntime_before(task->vruntime, rb_entry(parent, struct task, run_node)->vruntime);
        leftmost = leftmost && left;
        at = left ? &parent->left : &parent->right;
    }
    rb_insert(&q->tree, &task->run_node, parent, left);
    if (leftmost)
        q->first = &task->run_node;
    task->queued = true;
    WRITE_ONCE(q->queued, q->queued + 1);
    WRITE_ONCE(q->weight, q->weight + nice_weight(task->nice));
}

void runq_remove(struct runq *q, struct task *task)
{
    assert(task->queued && q->queued > 0);
    if (q->first == &task->run_node)
        q->first = rb_next(&task->run_node);
    rb_remove(&q->tree, &task->run_node);
    task->queued = false;
    WRITE_ONCE(q->queued, q->queued - 1);
    WRITE_ONCE(q->weight, q->weight - nice_weight(task->nice));
}

void runq_charge(struct runq *q, u64 now)
{
    struct task *task = q->running;
    u64 ran = now - task->exec_start;

    if ((s64)ran <= 0)
        return;
    task->exec_start = now;
    task->sum_exec += ran;
    if (task == q->idle)
        return;
    task->vruntime += stretch(ran, nice_weight(task->nice));
    struct task *first = runq_first(q);
    u64 least = first && vruntime_before(first->vruntime, task->vruntime) ? first->vruntime : task->vruntime;
    if (vruntime_before(q->min_vruntime, least))
        q->min_vruntime = least;
}

void runq_make_relative(struct runq *q, struct task *task)
{
    task->vruntime -= q->min_vruntime;
}

void runq_make_absolute(struct runq *q, struct task *task, u64 slept_ns)
{
    s64 place = (s64)task->vruntime - (s64)MIN(slept_ns, 1ull << 40);

    if (slept_ns != 0 && place < -(s64)SLEEPER_BONUS)
        place = -(s64)SLEEPER_BONUS;
    task->vruntime = q->min_vruntime + (u64)place;
}

/* need_resched is set under the queue's lock, and schedule() clears it under the same lock before it chooses:
 * either it sees the new task, or the flag stays and it chooses again. The IPI only makes the CPU look soon.
 */
void runq_resched(struct runq *q)
{
    if (q->local == NULL || READ_ONCE(q->local->need_resched))
        return;
    WRITE_ONCE(q->local->need_resched, 1);
    if (q->cpu != cpu_id()) {
        count_event(wakeup_remote);
        cpu_send_ipi(q->cpu, IPI_RESCHED);
    }
}

void runq_check_preempt(struct runq *q, struct task *task)
{
    if (q->running == q->idle || vruntime_before(task->vruntime + WAKE_PREEMPT, q->running->vruntime))
        runq_resched(q);
}

lock_implementation void runq_lock_pair(struct runq *a, struct runq *b)
{
    assert(a != b && !irq_enabled());
    spin_lock(a->cpu < b->cpu ? &a->lock : &b->lock);
    spin_lock_nested(a->cpu < b->cpu ? &b->lock : &a->lock);
}

/* The task may be moved between our look and our lock; once the lock of its queue is held it stays. */
lock_implementation void runq_lock_of(struct task *task, struct runq **q)
{
    assert(!irq_enabled());
    for (;;) {
        *q = runq_of(READ_ONCE(task->cpu));
        spin_lock(&(*q)->lock);
        if (likely((*q)->cpu == READ_ONCE(task->cpu)))
            return;
        spin_unlock(&(*q)->lock);
    }
}
