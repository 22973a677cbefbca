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

/* The running task's list; NULL before there are tasks, when boot runs alone and nothing is noted. */
static inline struct held_locks *my_locks(void)
{
    return likely(held_sleeping != NULL) ? &current->locks : NULL;
}

/* Before the first attempt: may this task sleep here, and may it want this lock now? */
static always_inline void sleep_lock_check(const void *lock, struct lock_class *class, bool nested,
                                           vaddr_t ip)
{
    struct held_locks *locks = my_locks();

    might_sleep();
    assert(class != NULL);
    if (unlikely(locks && locks->n != 0))
        held_check_ranks(lock, class, nested, ip);
}

/* It is ours. `last_cpu` is written only when somebody measures: it would be one more write to a shared line.
 */
static always_inline void sleep_lock_taken(const void *lock, struct lock_class *class, enum lock_mode mode,
                                           u16 *last_cpu, bool contended, u32 waited, vaddr_t ip)
{
    struct held_locks *locks = my_locks();

    if (unlikely(locks == NULL))
        return;
    struct held_lock *entry = held_push(locks, lock, class, mode, ip);
    if (lock_watched()) {
        u16 here = (u16)(cpu_id() + 1);
        lock_watch_acquired(entry, waited, contended, READ_ONCE(*last_cpu) != here);
        if (READ_ONCE(*last_cpu) != here)
            WRITE_ONCE(*last_cpu, here);
    }
}

/* It will be let go: asserts that it is ours to let go. */
static always_inline void sleep_lock_dropped(const void *lock)
{
    struct held_locks *locks = my_locks();

    if (unlikely(locks == NULL))
        return;
    struct held_lock *entry = held_top(locks, lock);
    if (likely(entry != NULL)) {
        if (lock_watched())
            lock_watch_release(entry);
        held_pop(locks);
    } else {
        struct held_lock removed = held_remove_from(locks, lock);
        if (lock_watched())
            lock_watch_release(&removed);
    }
}

/* How often a lock's word is looked at before its waiter goes to sleep: about what two switches cost. */
#define SPINS_MAX 200u
/* May we go on spinning for a lock that `owner` holds? It runs on another CPU, and nobody wants ours. `owner`
 * is only compared: it may be freed by now. */
static inline bool spin_is_worth_it(const struct task *owner)
{
    return !READ_ONCE(cpu_local()->need_resched) && task_is_on_some_cpu(owner);
}

/* Sleeps in `state` until granted: true, and whoever granted it is done with `w`. False: killed
 * (TASK_KILLABLE only) and perhaps granted as well; the caller looks again under the inner lock. */
bool lock_waiter_sleep(struct lock_waiter *w, enum task_state state);
/* Takes the waiter off its queue, tells it, wakes it. The lock's word already says that it holds the lock. */
void lock_waiter_grant(struct lock_waiter *w);
