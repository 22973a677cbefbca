/*
 * Wait queues.
 *
 * Why the order is queue, test, sleep (R32):
 *
 *      waiter                                     waker
 *      wait_prepare:  on the queue                condition := true
 *                     state := asleep             full barrier
 *                     full barrier                queue empty? done : wake each
 *      condition?  -> break
 *      task_sleep
 *
 * Each side writes, has a barrier, and then reads what the other one wrote; so at least one of them sees the
 * other. If the waker sees an empty queue, the waiter's test comes after the condition was set. If the
 * waiter's test fails, the waker finds it on the queue; and whether it is asleep by then, or still between
 * test and task_sleep(), the wake-up sets it TASK_RUNNING, and task_sleep() does not sleep in that state.
 *
 * A waiter leaves the queue only itself, in wait_finish(), and under the queue's lock even when it need not
 * wait: the waiter lives on its task's stack, and a waker that holds the lock may be using it.
 */
#include "sync/waitqueue.h"
#include "diag/assert.h"
#include "sync/lock_watch.h"

void waitqueue_init_class(struct waitqueue *wq, struct lock_class *class)
{
    spinlock_init_class(&wq->lock, class);
    list_init(&wq->waiters);
}

void wait_prepare(struct waitqueue *wq, struct waiter *w, enum task_state state, bool exclusive)
{
    if (lockdep_watching() && !wq->lock.class->is_inner)
        lockdep_wait(wq->lock.class, CALLER_IP());
    irqflags_t flags = spin_lock_irq_save(&wq->lock);
    w->woken = false;
    if (list_is_empty(&w->link)) {
        w->task = current;
        w->exclusive = exclusive;
        if (exclusive)
            list_push_back(&wq->waiters, &w->link);
        else
            list_push_front(&wq->waiters, &w->link);
    }
    assert(w->task == current && w->exclusive == exclusive);
    spin_unlock_irq_restore(&wq->lock, flags);
    if (current->waits_for == NULL) /* the caller may know better: not the queue but the page */
        task_waits_for(wq, wq->lock.class->name, CALLER_IP());
    task_set_state(state);
}

void wait_finish(struct waitqueue *wq, struct waiter *w)
{
    task_set_state(TASK_RUNNING);
    task_waits_for(NULL, NULL, 0);
    irqflags_t flags = spin_lock_irq_save(&wq->lock);
    list_remove(&w->link);
    spin_unlock_irq_restore(&wq->lock, flags);
}

void wait_listen(struct waitqueue *wq, struct waiter *w, void (*notify)(struct waiter *))
{
    irqflags_t flags = spin_lock_irq_save(&wq->lock);
    list_init(&w->link);
    w->exclusive = false;
    w->notify = notify;
    list_push_front(&wq->waiters, &w->link);
    spin_unlock_irq_restore(&wq->lock, flags);
}

void wait_unlisten(struct waitqueue *wq, struct waiter *w)
{
    irqflags_t flags = spin_lock_irq_save(&wq->lock);
    list_remove(&w->link);
    spin_unlock_irq_restore(&wq->lock, flags);
}

/* `exclusive_limit`: how many exclusive waiters to wake. One that was awake already has had its wake-up, so
 * it does not count: the next in the queue gets this one. */
static always_inline void wake(struct waitqueue *wq, u32 exclusive_limit, bool nested, vaddr_t ip)
{
    struct waiter *w;

    if (lockdep_watching() && !wq->lock.class->is_inner)
        lockdep_happens(wq->lock.class, ip); /* whether or not anybody waits this time */
    memory_barrier(); /* the caller's condition is visible before we look for those who missed it */
    if (READ_ONCE(wq->waiters.next) == &wq->waiters)
        return;
    irqflags_t flags = irq_save();
    if (nested)
        spin_lock_nested(&wq->lock);
    else
        spin_lock(&wq->lock);
    list_for_each (w, &wq->waiters, link) {
        if (w->notify) {
            w->notify(w);
            continue;
        }
        bool was_asleep = task_wake(w->task);
        w->woken = true;
        if (w->exclusive && was_asleep && --exclusive_limit == 0)
            break;
    }
    spin_unlock(&wq->lock);
    irq_restore(flags);
}

void wake_all(struct waitqueue *wq)
{
    wake(wq, ~0u, false, CALLER_IP());
}

void wake_all_nested(struct waitqueue *wq)
{
    wake(wq, ~0u, true, CALLER_IP());
}

void wake_one(struct waitqueue *wq)
{
    wake(wq, 1, false, CALLER_IP());
}
