/*
 * Waiting until a sleeping lock is handed over.
 *
 * The waiter lives on its task's stack and the granter wakes that task after it set `granted`. A waiter that
 * saw `granted` and simply went on might unlock, return, even exit and be freed, while the granter is still
 * in its task_wake(). So it passes once through the inner lock, which the granter holds until it is done.
 */
#include "sync/sleep_lock.h"

bool lock_waiter_sleep(struct lock_waiter *w, struct spinlock *inner, enum task_state state)
{
    bool granted;

    for (;;) {
        task_set_state(state);
        granted = load_acquire(&w->granted) != 0;
        if (granted || (state == TASK_KILLABLE && task_is_killed(current)))
            break;
        task_sleep();
    }
    task_set_state(TASK_RUNNING);
    if (granted) {
        spin_lock(inner);
        spin_unlock(inner);
    }
    return granted;
}

void lock_waiter_grant(struct lock_waiter *w)
{
    struct task *task = w->task;

    list_remove(&w->link);
    store_release(&w->granted, 1u);
    task_wake(task);
}
