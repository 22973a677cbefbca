/*
 * What is held now: the lists. Spinlocks are noted by CPU, since their holder cannot move; sleeping locks by
 * task, since theirs can. Only the holder writes its list; dumps and wait chains read it from anywhere.
 */
#include "sync/held.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "sync/held_internal.h"

PERCPU_DEFINE(spins_held);
PERCPU_DEFINE(spins_for);
struct held_locks *(*held_sleeping)(void);
bool held_scheduling;

void held_print(const struct held_locks *held)
{
    held_for_each(e, held)
    {
        printk("    holds %s (%s, %s:%d) %p %s, taken at %pS\n", e->class->name, held_rank_name(e->class),
               e->class->file, e->class->line, e->lock, e->mode == LOCK_SHARED ? "shared" : "exclusive",
               CALL_AT(e->ip));
    }
}

/* What this CPU and, when there are tasks, the running task hold. */
static void held_print_here(void)
{
    held_print(&this_cpu(spins_held));
    if (held_sleeping)
        held_print(held_sleeping());
}

struct held_lock held_remove(struct held_locks *held, const void *lock)
{
    for (u32 i = held_count(held); i > 0; i--) {
        if (held->e[i].lock != lock)
            continue;
        struct held_lock removed = held->e[i];
        /* Out of order: close the gap. An interrupt in the middle sees a lock twice, never one too few. */
        for (; i < held_count(held); i++)
            held->e[i] = held->e[i + 1];
        held_forget_newest(held);
        return removed;
    }
    held_print_here();
    panic("a lock is released that its releaser does not hold: %p", lock);
}

void held_forget(const void *lock)
{
    held_remove(held_sleeping(), lock);
}

static struct held_lock *find(struct held_locks *held, const void *lock)
{
    for (u32 i = held_count(held); i > 0; i--)
        if (held->e[i].lock == lock)
            return &held->e[i];
    return NULL;
}

bool held_spin(const void *lock)
{
    preempt_disable(); /* a caller that holds nothing may be moved while it asks */
    bool found = find(&this_cpu(spins_held), lock) != NULL;
    preempt_enable_no_resched();
    return found;
}

s32 held_spin_holder(const void *lock)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        held_for_each(e, &per_cpu(spins_held, cpu)) if (READ_ONCE(e->lock) == lock) return (s32)cpu;
    }
    return -1;
}

bool held_sleep(const void *lock, enum lock_mode at_least)
{
    struct held_locks *held = held_sleeping_here();

    if (held == NULL)
        return true; /* boot: one CPU, one thread of control, nothing noted */
    const struct held_lock *e = find(held, lock);
    return e != NULL && (at_least == LOCK_SHARED || e->mode == LOCK_EXCLUSIVE);
}

void held_downgrade(const void *lock)
{
    struct held_locks *held = held_sleeping_here();
    struct held_lock *e = held ? find(held, lock) : NULL;

    if (e)
        e->mode = LOCK_SHARED;
}
