/*
 * What mutex and rwsem share: the bookkeeping round an acquisition, and waiting until the lock is handed
 * over.
 *
 * A waiter never takes the lock; it is given it. The one who lets go makes the head of the queue the holder,
 * in the lock's own word, before it wakes it. So nobody can come between, however long the woken task takes
 * to get a CPU.
 */
#pragma once
#include "sched/task.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"
#include "sync/spinlock.h"

/* lock_waiter.granted: the lock is the waiter's; the granter touches waiter and task no more. */
#define GRANTED      1u
#define GRANTER_DONE 2u

struct lock_waiter {
    struct list link;
    struct task *task;
    enum lock_mode mode;
    u32 granted; /* 0, then GRANTED, then GRANTER_DONE: set under the lock's inner lock, read without */
};

/*
 * ---- the way of an acquisition ----
 *
 *   bool taken = one atomic;
 *   if (likely(taken) && sleep_lock_is_plain(self))
 *       sleep_lock_note(self, ...);         nobody waits, nobody measures, nothing else is held: all is done
 *   else
 *       lock_slowly(...): sleep_lock_wanted(), perhaps a wait, sleep_lock_taken()
 *
 * The slow half is the last thing in its caller, so that the fast one keeps no registers for it. `self` is
 * current; NULL before there are tasks, when boot runs alone and nothing is noted.
 */
#define HOW_TAKEN    1u /* by the first attempt */
#define HOW_SHARED   2u
#define HOW_NESTED   4u /* the caller names the order among locks of one rank */
#define HOW_KILLABLE 8u

static always_inline bool sleep_lock_is_plain(const struct task *self)
{
    return self != NULL && self->locks.newest == 0 && !lock_watched() && likely(!in_atomic());
}
/* For a task that has looked at once, whether it may sleep: the test image looks again. */
static always_inline bool sleep_lock_is_plain_in_task(const struct task *self)
{
#ifdef FL_TEST
    return sleep_lock_is_plain(self);
#else
    return !lock_watched() && self->locks.newest == 0;
#endif
}

static always_inline void sleep_lock_note(struct task *self, const void *lock, struct lock_class *class,
                                          enum lock_mode mode, vaddr_t ip)
{
    held_note(&self->locks, lock, class, mode, ip);
}

static inline enum lock_mode how_mode(u32 how)
{
    return how & HOW_SHARED ? LOCK_SHARED : LOCK_EXCLUSIVE;
}
static inline enum task_state how_state(u32 how)
{
    return how & HOW_KILLABLE ? TASK_KILLABLE : TASK_UNINTERRUPTIBLE;
}
/* Before a wait: may this task sleep here, and may it want this lock now? Reports recursion and a broken
 * order. */
void sleep_lock_wanted(const void *lock, struct lock_class *class, u32 how, vaddr_t ip);
/* It was had by trying: no order to be checked, but other's order after it. */
void sleep_lock_tried(const void *lock, struct lock_class *class, u32 how, vaddr_t ip);
/* What is known of a wait when it is over. */
struct lock_waited {
    bool contended;
    u32 cycles;
};
/* It is ours: notes it. `last_cpu`, in the lock, is written only when somebody measures: it would be one more
 * write to a shared line. NULL: the lock has no room for it, and its bounces are not counted. */
void sleep_lock_taken(const void *lock, struct lock_class *class, enum lock_mode mode, u16 *last_cpu,
                      struct lock_waited waited, vaddr_t ip);

/* It will be let go. True when nothing more is to be noted of that. */
static always_inline bool sleep_lock_forget(struct task *self, const void *lock)
{
    if (lock_watched() || unlikely(self == NULL) || unlikely(held_newest(&self->locks)->lock != lock))
        return false;
    held_forget_newest(&self->locks);
    return true;
}
/* When that was false: asserts that it is ours to let go. */
in_registers void sleep_lock_forget_slowly(struct task *self, const void *lock);

/* How often a lock's word is looked at before its waiter goes to sleep: about what two switches cost. */
#define SPINS_MAX 200u
/* May we go on spinning for a lock that `owner` holds? It runs on another CPU, and nobody wants ours. `owner`
 * is only compared: it may be freed by now. */
static inline bool spin_is_worth_it(const struct task *owner)
{
    return !cpu_need_resched() && task_running_cpu(owner) >= 0;
}

/* Sleeps in `state` until granted: true, and whoever granted it is done with `w`. False: killed
 * (TASK_KILLABLE only) and perhaps granted as well; the caller looks again under the inner lock. */
bool lock_waiter_sleep(struct lock_waiter *w, enum task_state state);
/* Takes the waiter off its queue, tells it, wakes it. The lock's word already says that it holds the lock. */
void lock_waiter_grant(struct lock_waiter *w);
