/*
 * Completions. Often they live on the stack of the one who waits, who returns as soon as it sees `done`. So
 * the completer sets `done` and wakes in one critical section, and the waiter passes through the same lock on
 * its way out (wait_finish): when it has, the completer's last access was its unlock.
 */
#include "sync/completion.h"
#include "sync/lock_watch.h"

void completion_init_class(struct completion *c, struct lock_class *class)
{
    waitqueue_init_class(&c->wq, class);
    c->done = 0;
}

void complete(struct completion *c)
{
    struct waiter *w;

    if (lockdep_watching())
        lockdep_happens(c->wq.lock.class, CALLER_IP());
    irqflags_t flags = spin_lock_irq_save(&c->wq.lock);
    store_release(&c->done, 1u);
    list_for_each (w, &c->wq.waiters, link) {
        task_wake(w->task);
        w->woken = true;
    }
    spin_unlock_irq_restore(&c->wq.lock, flags);
}

bool completion_is_done(const struct completion *c)
{
    return load_acquire(&c->done) != 0;
}

void completion_wait(struct completion *c)
{
    wait_event(&c->wq, completion_is_done(c));
}
