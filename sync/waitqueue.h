/*
 * Wait queues: prepare, test, sleep, so that no wake-up is lost (R32).
 *
 *   wait_event(&page_wait, !page_is_locked(page));
 */
#pragma once
#include "lib/list.h"
#include "sched/task.h"
#include "sync/spinlock.h"

struct waitqueue {
    struct spinlock lock; /* RANK_WAIT; taken with interrupts off */
    struct list waiters;
};
struct waiter {
    struct list link;
    struct task *task;
    bool exclusive; /* wake_one stops after one of these */
    bool woken;
};
void waitqueue_init(struct waitqueue *wq);
/* Queues the waiter and sets the task's state; the caller tests its condition after this and before task_sleep(). */
void wait_prepare(struct waitqueue *wq, struct waiter *w, enum task_state state, bool exclusive);
/* Leaves the queue and is TASK_RUNNING again. */
void wait_finish(struct waitqueue *wq, struct waiter *w);
/* Wakes all; any context. A barrier precedes the look at the queue. */
void wake_all(struct waitqueue *wq);
void wake_one(struct waitqueue *wq);

#define WAIT_EVENT_(wq, cond, state, interrupted)                                                            \
    ({                                                                                                       \
        int wait_result_ = 0;                                                                                \
        struct waiter waiter_;                                                                               \
        might_sleep();                                                                                       \
        for (;;) {                                                                                           \
            wait_prepare(wq, &waiter_, state, false);                                                        \
            if (cond)                                                                                        \
                break;                                                                                       \
            if (interrupted) {                                                                               \
                wait_result_ = -EINTR;                                                                       \
                break;                                                                                       \
            }                                                                                                \
            task_sleep();                                                                                    \
        }                                                                                                    \
        wait_finish(wq, &waiter_);                                                                           \
        wait_result_;                                                                                        \
    })
#define wait_event(wq, cond)               ((void)WAIT_EVENT_(wq, cond, TASK_UNINTERRUPTIBLE, false))
#define wait_event_killable(wq, cond)      WAIT_EVENT_(wq, cond, TASK_KILLABLE, task_is_killed(current))
#define wait_event_interruptible(wq, cond) WAIT_EVENT_(wq, cond, TASK_INTERRUPTIBLE, task_signal_pending(current))
