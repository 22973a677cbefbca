/*
 * Wait queues: prepare, test, sleep, so that no wake-up is lost (R32).
 *
 *   wait_event(&page_wait, !page_is_locked(page));
 *
 * By hand, where a loop needs more than a condition:
 *
 *   struct waiter w;
 *   waiter_init(&w);
 *   do {
 *       wait_prepare(&wq, &w, TASK_KILLABLE, false);
 *       if (condition || task_is_killed(current))
 *           break;
 *       task_sleep();
 *   } while (true);
 *   wait_finish(&wq, &w);
 */
#pragma once
#include "diag/race.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "sched/task.h"
#include "sync/spinlock.h"

struct waitqueue {
    struct spinlock lock; /* RANK_WAIT; taken with interrupts off */
    struct list waiters;  /* (lock) those who share a wake-up first, then the exclusive ones by arrival */
};
struct waiter {
    struct list link;
    struct task *task;
    void (*notify)(struct waiter *); /* of a listener: called in place of waking a task */
    bool exclusive;                  /* wake_one stops after one of these */
    bool woken;                      /* by this queue, since the last wait_prepare() */
};
void waitqueue_init_class(struct waitqueue *wq, struct lock_class *class);
/* The place that initialises it names it, in reports of who waits for what. */
#define waitqueue_init(wq) waitqueue_init_class(wq, LOCK_CLASS(#wq, WAIT))
/* File-scope queue with its own class, of this file alone. */
#define DEFINE_WAITQUEUE(ident)                                                                              \
    static struct lock_class ident##_class = {                                                               \
        .name = #ident, .rank = RANK_WAIT, .file = __FILE__, .line = __LINE__};                              \
    static struct waitqueue ident = {.lock = SPINLOCK_INIT(&ident##_class),                                  \
                                     .waiters = LIST_INIT(ident.waiters)}
static inline void waiter_init(struct waiter *w)
{
    list_init(&w->link);
    w->notify = NULL;
}

/* Queues the waiter, if it is not queued yet, and sets the task's state; the caller tests its condition after
 * this and before task_sleep(). */
void wait_prepare(struct waitqueue *wq, struct waiter *w, enum task_state state, bool exclusive);
/* Leaves the queue and is TASK_RUNNING again. No waker uses `w`, or the task because of it, after this. */
void wait_finish(struct waitqueue *wq, struct waiter *w);
/* Each wake-up of the queue calls `notify`, under the queue's lock with interrupts off, until wait_unlisten()
 * returns. */
void wait_listen(struct waitqueue *wq, struct waiter *w, void (*notify)(struct waiter *));
void wait_unlisten(struct waitqueue *wq, struct waiter *w);
/* Wakes all; any context. A barrier precedes the look at the queue. */
void wake_all(struct waitqueue *wq);
/* The same under the lock of another queue of the same rank, in the order that the caller documents. */
void wake_all_nested(struct waitqueue *wq);
/* Wakes those who share wake-ups and one exclusive waiter that was asleep; any context. */
void wake_one(struct waitqueue *wq);

/* mutant(R32) tests before it queues: a wake-up between the two finds nobody, and nobody comes again. */
#define WAIT_EVENT_(queue, cond, state, interrupted)                                                         \
    ({                                                                                                       \
        int wait_result_ = 0;                                                                                \
        struct waitqueue *wait_queue_ = (queue);                                                             \
        struct waiter waiter_;                                                                               \
        might_sleep();                                                                                       \
        waiter_init(&waiter_);                                                                               \
        for (;;) {                                                                                           \
            if (!mutant(R32))                                                                                \
                wait_prepare(wait_queue_, &waiter_, state, false);                                           \
            if (cond)                                                                                        \
                break;                                                                                       \
            if (interrupted) {                                                                               \
                wait_result_ = -EINTR;                                                                       \
                break;                                                                                       \
            }                                                                                                \
            race_point(R32); /* the condition may come true and its wake-up be sent */                       \
            if (mutant(R32))                                                                                 \
                wait_prepare(wait_queue_, &waiter_, state, false);                                           \
            task_sleep();                                                                                    \
            if (cond) /* on the queue still: whatever comes true later finds us there */                     \
                break;                                                                                       \
        }                                                                                                    \
        wait_finish(wait_queue_, &waiter_);                                                                  \
        wait_result_;                                                                                        \
    })
#define wait_event(wq, cond)          ((void)WAIT_EVENT_(wq, cond, TASK_UNINTERRUPTIBLE, false))
#define wait_event_killable(wq, cond) WAIT_EVENT_(wq, cond, TASK_KILLABLE, task_is_killed(current))
#define wait_event_interruptible(wq, cond)                                                                   \
    WAIT_EVENT_(wq, cond, TASK_INTERRUPTIBLE, task_signal_pending(current))
