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

static u32 acquire_flags(u32 how)
{
    return ACQUIRE_SLEEPS | (how & HOW_NESTED ? ACQUIRE_NESTED : 0) | (how & HOW_SHARED ? ACQUIRE_READ : 0);
}

void sleep_lock_wanted(const void *lock, struct lock_class *class, u32 how, vaddr_t ip)
{
    assert(class != NULL); /* a lock that nobody initialised */
    if (current == NULL)
        return;
    if (sleeps_in_atomic())
        slept_in_atomic(class->file, class->line, ip);
    held_check(&current->locks, lock, class, how & HOW_NESTED, ip);
    if (lock_watched())
        lock_watch_acquire(lock, class, acquire_flags(how), ip);
}

void sleep_lock_tried(const void *lock, struct lock_class *class, u32 how, vaddr_t ip)
{
    assert(class != NULL);
    if (current != NULL && lock_watched())
        lock_watch_acquire(lock, class, ACQUIRE_TRY | acquire_flags(how), ip);
}

void sleep_lock_taken(const void *lock, struct lock_class *class, enum lock_mode mode, u16 *last_cpu,
                      struct lock_waited waited, vaddr_t ip)
{
    if (unlikely(current == NULL))
        return;
    struct held_lock *entry = held_note(&current->locks, lock, class, mode, ip);
    if (lock_watched()) {
        u16 here = (u16)(cpu_id() + 1);
        bool bounced = last_cpu != NULL && READ_ONCE(*last_cpu) != here;
        lock_watch_acquired(entry, waited.cycles, waited.contended, bounced);
        if (bounced)
            WRITE_ONCE(*last_cpu, here);
    }
}

in_registers void sleep_lock_forget_slowly(struct task *self, const void *lock)
{
    if (self == NULL)
        return;
    struct held_lock removed = held_remove(&self->locks, lock);
    if (lock_watched())
        lock_watch_release(&removed);
}

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
