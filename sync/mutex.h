/* Sleeping mutual exclusion, first come first served by hand-off. Task context only; might_sleep(). */
#pragma once
#include "sync/waitqueue.h"

struct lock_type("mutex") mutex
{
    u32 word; /* (a) 0, or the owner's address | MUTEX_WAITERS: the uncontended way is one atomic */
    struct spinlock lock; /* RANK_WAIT, guards waiters and the word's change while it has waiters */
    struct list waiters;  /* (lock) */
    u16 last_cpu;         /* for lock statistics */
    u16 owner_pid;        /* of the one who had it last: a report must not follow the owner's pointer */
    struct lock_class *class;
};
#define MUTEX_WAITERS 1u

void mutex_init_class(struct mutex *m, struct lock_class *class);
#define mutex_init(m, lockname, lockrank) mutex_init_class(m, LOCK_CLASS(lockname, lockrank))
in_registers void mutex_lock(struct mutex *m) acquires(m);
/* A second mutex of the same rank, in the order that the caller documents. */
void mutex_lock_nested(struct mutex *m) acquires(m);
/* 0, or -EINTR when the task was killed while waiting; nothing is held then. */
must_check int mutex_lock_killable(struct mutex *m) try_acquires(0, m);
bool mutex_try_lock(struct mutex *m) try_acquires(true, m);
/* The caller's reference keeps the mutex itself alive until this returns. */
in_registers void mutex_unlock(struct mutex *m) releases(m);
bool mutex_is_held(const struct mutex *m); /* by the running task */
/* Who holds it at this moment, or NULL: to be compared, not followed, for he may end any time. */
static inline const struct task *mutex_owner(const struct mutex *m)
{
    return (const struct task *)(uintptr_t)(READ_ONCE(m->word) & ~MUTEX_WAITERS);
}
