/*
 * The run queues, private to sched/.
 *
 * Lock order inside: two run queues are locked in ascending order of CPU (runq_lock_pair). Interrupts are off
 * whenever one is held.
 */
#pragma once
#include "sched/sched.h"
#include "sync/spinlock.h"

#define SLEEPER_BONUS 4000000u /* how far before the queue a woken task may stand */
#define WAKE_PREEMPT  1000000u /* by how much it must be behind the running one to take its CPU at once */
#define NICE_0_WEIGHT 1024u

/*
 * Key: (q) lock; (c) constant once started; (a) read without the lock as a hint.
 */
struct runq {
    struct spinlock lock;
    u32 cpu;                 /* (c) */
    struct cpu_local *local; /* (c) its CPU's block, for need_resched; NULL until the CPU schedules */
    struct task *idle;       /* (c) */
    struct task *running;    /* (q) (a) */
    struct rbtree tree;      /* (q) runnable tasks that do not run, by vruntime */
    struct rbnode *first;    /* (q) the leftmost of them */
    u32 queued;              /* (q) (a) how many */
    u32 weight;              /* (q) (a) of those queued and the one that runs */
    u64 min_vruntime;        /* (q) never goes back: where newcomers are placed */
    u64 picked_at;           /* (q) clock when the running one got the CPU */
    u32 switches;            /* (q) (a) */
};
extern PERCPU(struct runq, runqs);
extern struct cpumask sched_cpus; /* the CPUs that schedule */

static inline struct runq *runq_of(u32 cpu)
{
    return &per_cpu(runqs, cpu);
}
static inline struct runq *runq_here(void)
{
    return &this_cpu(runqs);
}
static inline bool runq_is_idle(const struct runq *q)
{
    return READ_ONCE(q->running) == q->idle && READ_ONCE(q->queued) == 0;
}

/* ---- runq.c: the queue as such ---- */
void runq_insert(struct runq *q, struct task *task) must_hold(&q->lock);
void runq_remove(struct runq *q, struct task *task) must_hold(&q->lock);
struct task *runq_first(const struct runq *q);
/* Charges the running task for the time since the last charge. */
void runq_charge(struct runq *q, u64 now) must_hold(&q->lock);
/* A task that sleeps or moves keeps its place relative to the queue; these take it out of one and put it into
 * one. */
void runq_make_relative(struct runq *q, struct task *task);
void runq_make_absolute(struct runq *q, struct task *task, u64 slept_ns);
/* Makes the CPU of `q` choose again. */
void runq_resched(struct runq *q) must_hold(&q->lock);
/* The same if `task`, just inserted, should run before the one that runs. */
void runq_check_preempt(struct runq *q, struct task *task) must_hold(&q->lock);
void runq_lock_pair(struct runq *a, struct runq *b) acquires(&a->lock, &b->lock);
/* Locks the run queue that `task` belongs to, whichever that is by then: *q. */
void runq_lock_of(struct task *task, struct runq **q) acquires(&(*q)->lock);
u32 nice_weight(int nice);

/* ---- balance.c ---- */
u32 balance_pick_cpu(struct task *task, u32 here);
/* Brings one queued task of another CPU to `q`. True when it did. */
bool balance_steal(struct runq *q) must_hold(&q->lock);
void balance_tick(struct runq *q) must_hold(&q->lock);
/* A runnable task was taken off a CPU on which it may not run any more: puts it where it may. No lock held.
 */
void balance_push(struct task *task) must_not_hold(&runq_here()->lock);

/* ---- switch.c ---- */
enum leave_reason {
    LEAVE_SLEEP,     /* off the queue unless its state is RUNNING */
    LEAVE_PREEMPTED, /* stays runnable whatever its state says */
    LEAVE_YIELD,     /* the same, and lets the next one go first */
};
/* Interrupts off. The queue's lock is taken by the task that leaves and let go by the one that comes. */
void switch_tasks(enum leave_reason why) must_not_hold(&runq_here()->lock);

/* ---- task_end.c ---- */
/* The scheduler's last words on a dead task, on another one's stack; no lock held, interrupts off. */
void task_buried(struct task *task);
void reaper_start(void);

/* ---- watchdog.c ---- */
/* Each tick, interrupts off. `could_switch`: the interrupted code would have let the scheduler run. */
void watchdog_tick(struct runq *q, bool could_switch);
/* Reports each task that hangs at the time `now` and was not reported in this sleep. Any context. */
void watchdog_look_for_hung(u64 now);
/* ---- wait_chain.c ---- */
#define CHAIN_MAX 720u /* bytes of a sentence, on the stack: a dump may come in any state */
/* True when the chain ends in a task that runs, or that sleeps as one does who waits for a person. */
bool wait_chain_is_alive(struct task *task);
/* ---- dump.c ---- */
void sched_dump_init(void);
/* ---- load.c ---- */
void load_tick(void); /* every five seconds, from CPU 0's tick */
/* ---- timer.c ---- */
void timers_init(void);
void timers_run(void); /* from the tick, interrupts off */
/* ---- task.c ---- */
static inline bool vruntime_before(u64 a, u64 b)
{
    return (s64)(a - b) < 0;
}
extern struct list task_list;
extern struct spinlock task_list_lock;
void task_init_fields(struct task *task, const char *comm, s32 pid);
