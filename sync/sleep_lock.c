/*
 * Waiting until a sleeping lock is handed over.
 *
 * The waiter lives on its task's stack and the granter wakes that task after it set `granted`. A waiter that
 * saw `granted` and simply went on might unlock, return, even exit and be freed, while the granter is still
 * in its task_wake(). So it waits for the granter's last word about itself, and for no more: would it pass
 * through the inner lock, then all who were woken together would queue there behind a granter who wakes the
 * next one, and a fair lock's queue costs a time slice of the host at each CPU that does not run just then.
 */
#include "sync/sleep_lock.h"

bool lock_waiter_sleep(struct lock_waiter *w, enum task_state state)
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
    while (granted && load_acquire(&w->granted) != GRANTER_DONE)
        spin_relax(); /* it holds the inner lock, so it runs */
    return granted;
}

void lock_waiter_grant(struct lock_waiter *w)
{
    struct task *task = w->task;

    list_remove(&w->link);
    store_release(&w->granted, GRANTED);
    task_wake(task);
    store_release(&w->granted, GRANTER_DONE); /* from here on the waiter may be gone */
}
