/* Sleeping mutual exclusion, first come first served by hand-off. Task context only; might_sleep(). */
#pragma once
#include "sync/waitqueue.h"

struct lock_type("mutex") mutex {
    struct spinlock lock; /* RANK_WAIT, guards the fields below */
    struct task *owner;   /* (lock) to write; READ_ONCE for reports */
    struct list waiters;  /* (lock) */
    u16 last_cpu;
    struct lock_class *class;
};
void mutex_init_class(struct mutex *m, struct lock_class *class);
#define mutex_init(m, lockname, lockrank) mutex_init_class(m, LOCK_CLASS(lockname, lockrank))
void mutex_lock(struct mutex *m) acquires(m);
/* 0, or -EINTR when the task was killed while waiting; nothing is held then. */
must_check int mutex_lock_killable(struct mutex *m) try_acquires(0, m);
bool mutex_try_lock(struct mutex *m) try_acquires(true, m);
void mutex_unlock(struct mutex *m) releases(m);
bool mutex_is_held(const struct mutex *m); /* by the running task */
