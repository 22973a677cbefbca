/*
 * A task: the thing that runs. Kernel tasks have no space of their own and run in whatever is loaded (lazy
 * TLB).
 *
 * Key: (c) constant after creation; (q) its run queue's lock; (o) only the task itself; (a) atomic or
 * READ_ONCE.
 */
#pragma once
#include "arch/context.h"
#include "arch/cpu.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "sync/held.h"

struct memory_limits;
struct mm;
struct process;
struct space;

enum task_state {
    TASK_RUNNING,         /* runs or is on a run queue */
    TASK_INTERRUPTIBLE,   /* asleep; any signal wakes it */
    TASK_KILLABLE,        /* asleep; only a fatal signal wakes it */
    TASK_UNINTERRUPTIBLE, /* asleep; only its wake-up wakes it */
    TASK_DEAD,            /* will never run again */
};

#ifdef FL_TEST
/* What the task took from page-table entries and has not flushed yet (mm/table/entry_debt.c). */
struct flush_debt {
    const struct mm *mm; /* NULL: nothing */
    vaddr_t start, end;
    vaddr_t writer; /* who took it */
};
#endif

struct task {
    struct arch_task arch; /* (o) first: assembly knows offset 0 */
    s32 pid;               /* (c) thread id as user space sees it */
    char comm[16];         /* (o) */
    atomic_t refs;
    u32 state;              /* enum task_state; (a): set by the task, reset by its waker under (q) */
    u32 cpu;                /* (q) the CPU whose run queue it is on or ran on last */
    bool on_rq, on_cpu;     /* (q); runnable; on_cpu stays true until the switch away is complete */
    bool queued;            /* (q) in the run queue's tree: runnable and not the one that runs */
    struct cpumask allowed; /* (q) */
    int nice;               /* (q) */
    u64 vruntime, exec_start, sum_exec; /* (q) nanoseconds */
    struct rbnode run_node;             /* (q) */
    u64 asleep_since;                   /* (q) ns, for the hung-task watch */
    bool hang_reported;                 /* (q) in this sleep */
    u32 preempt_saved;                  /* (o) preemption count at the switch away */
    struct held_locks locks;            /* (o) sleeping locks held; read by dumps */
    const void *waits_for; /* (o) the lock, queue or task it sleeps on, for wait chains; read by dumps */
    const char *waits_name;
    u32 read_number; /* (o) the read of a file's page that it carries out, counted since boot; 0: none */
    vaddr_t waits_ip;
    u32 flags;                          /* (a) TASK_* bits below */
    void *kstack;                       /* (c) lowest address; KSTACK_SIZE bytes, guard page below */
    struct space *space;                /* (o) NULL for kernel tasks */
    struct mm *mm;                      /* (o) NULL for kernel tasks; sys/ sets both together */
    struct process *process;            /* (c) NULL for kernel tasks */
    const struct memory_limits *limits; /* (c) the process's; NULL: none */
    void (*entry)(void *);              /* (c) */
    void *entry_arg;
#ifdef FL_TEST
    struct flush_debt flush_debt; /* (o) */
#endif
    u32 fault_seq;          /* (o) number of its last fault, for traces and getrusage */
    u32 fault_reads;        /* (o) faults that waited for a file to be read */
    void *private;          /* (o) sys/'s thread record or a test's own */
    struct list all;        /* list of all tasks, under its lock */
    struct list joiners;    /* those in task_join() for it, under task_end.c's lock */
    bool buried;            /* switched away for the last time; under the same lock */
    struct task *next_dead; /* the reaper's list */
#ifdef FL_TEST
    u32 fail_nth;          /* (o) its Nth allocation from now fails; 0: none (mm/frame/alloc_fail.h) */
    bool waits_for_memory; /* (o) READ_ONCE by the scenario that waits for it to be asleep */
#endif
};

static_assert(offsetof(struct task, pid) == sizeof(struct arch_task),
              "diag/ finds a task's pid there (diag/trace.h)");

/* flags */
#define TASKF_WORK    0 /* something to do before user mode: signal, death */
#define TASKF_SIGNAL  1 /* a signal is deliverable: interruptible sleeps end */
#define TASKF_KILLED  2 /* a fatal signal: killable sleeps end too */
#define TASKF_KTHREAD 3
#define TASKF_IDLE    4 /* an idle task: never on a run queue */
#define TASKF_STOPPED 5 /* by a signal, until a person goes on with it: no hang, however long */

static inline bool task_is_killed(const struct task *t)
{
    return atomic_bit_test(&t->flags, TASKF_KILLED);
}
static inline bool task_signal_pending(const struct task *t)
{
    return atomic_bit_test(&t->flags, TASKF_SIGNAL) || task_is_killed(t);
}

/* A new task, not yet runnable, one reference; NULL when no memory. May sleep. */
struct task *task_create(const char *comm, s32 pid);
/* The same as a kernel task that will run entry(arg) once task_start()ed, and dies when it returns. */
struct task *task_create_kernel(const char *comm, void (*entry)(void *), void *arg);
/* Restricts it to one CPU; before task_start() or for current (then it moves before this returns). */
void task_pin(struct task *task, u32 cpu);
void task_start(struct task *task);
void task_get(struct task *task);
void task_put(struct task *task); /* any context but with a run queue locked */
/* Ends the running task. The stack and struct go when the last reference does, after the switch away. */
noreturn void task_exit(void);
/* Waits until a task is dead (its reference is the caller's). May sleep. */
void task_join(struct task *task);
s32 pid_alloc(void); /* never reused within a boot until 32768 wraps */

/* ---- sleep and wake ---- */
/* Notes what the running task is about to wait for, for wait chains: a lock, a queue, a task; NULL: nothing.
 */
static inline void task_waits_for(const void *what, const char *name, vaddr_t ip)
{
    struct task *self = current;
    if (unlikely(self == NULL))
        return;
    self->waits_ip = ip;
    self->waits_name = name;
    WRITE_ONCE(self->waits_for, what);
}
/* Sets the running task's own state; a full barrier follows, so the condition is tested after it (R32). */
void task_set_state(enum task_state state);
/* Gives up the CPU until woken if the state is not TASK_RUNNING; returns in TASK_RUNNING. might_sleep(). */
void task_sleep(void);
/* At most until `deadline` (clock_ns); false when time ran out first. */
bool task_sleep_until(u64 deadline_ns);
/* Makes it runnable if it sleeps in one of the states of `mask` (1 << state). True when it did. Any context.
 */
bool task_wake_states(struct task *task, u32 mask);
#define TASK_ASLEEP_ANY ((1u << TASK_INTERRUPTIBLE) | (1u << TASK_KILLABLE) | (1u << TASK_UNINTERRUPTIBLE))
static inline bool task_wake(struct task *task)
{
    return task_wake_states(task, TASK_ASLEEP_ANY);
}
/* A fatal signal is pending: sets the flags and ends killable and interruptible sleeps. Any context. */
void task_kill(struct task *task);
/* A signal is pending: interruptible sleeps end. */
void task_signal(struct task *task);
void task_yield(void);
/* The CPU that runs it at this moment, or -1. `task` is compared only, not looked into: it may be gone. */
s32 task_running_cpu(const struct task *task);
int task_set_affinity(struct task *task, struct cpumask mask); /* 0 or -EINVAL when no online CPU is in it */
void task_set_nice(struct task *task, int nice);
/* Calls fn for each task with the list locked (RANK_TASKS, interrupts off: fn must not sleep; it may wake,
 * signal and kill). */
void task_for_each(void (*fn)(struct task *, void *), void *arg);
