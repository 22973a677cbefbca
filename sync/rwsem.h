/*
 * Sleeping reader-writer lock: mmap_lock's type. Fair in both directions: a reader that comes while a writer
 * waits queues behind it (so a second read lock by one task can deadlock, R34: asserted against), and a
 * release hands the lock to the head of the queue: one writer or the whole run of readers. Task context only;
 * might_sleep().
 */
#pragma once
#include "sync/waitqueue.h"

struct lock_type("rwsem") rwsem
{
    atomic_t count;       /* (a) readers, WRITER and WAITERS bits: the uncontended way is one atomic */
    struct task *writer;  /* set and cleared by the writer or its granter; others may only compare it */
    struct spinlock lock; /* RANK_WAIT, guards waiters */
    struct list waiters;  /* (lock) */
    u16 last_cpu;         /* for lock statistics */
    u16 writer_pid;       /* of the last writer: a report must not follow `writer`, who may end any time */
    struct lock_class *class;
};
void rwsem_init_class(struct rwsem *s, struct lock_class *class);
#define rwsem_init(s, lockname, lockrank) rwsem_init_class(s, LOCK_CLASS(lockname, lockrank))
/* No task holds it twice, in whatever mode. _killable: 0, or -EINTR when the task was killed while waiting,
 * and nothing is held then. _try never waits. Given back by the task that has it. */
in_registers void rwsem_read_lock(struct rwsem *s) acquires_shared(s);
must_check in_registers int rwsem_read_lock_killable(struct rwsem *s) try_acquires_shared(0, s);
bool rwsem_read_try_lock(struct rwsem *s) try_acquires_shared(true, s);
in_registers void rwsem_read_unlock(struct rwsem *s) releases_shared(s);
in_registers void rwsem_write_lock(struct rwsem *s) acquires(s);
must_check int rwsem_write_lock_killable(struct rwsem *s) try_acquires(0, s);
bool rwsem_write_try_lock(struct rwsem *s) try_acquires(true, s);
in_registers void rwsem_write_unlock(struct rwsem *s) releases(s);
/* Write to read without letting anyone between. */
void rwsem_downgrade(struct rwsem *s) releases(s) acquires_shared(s);
bool rwsem_is_held_write(const struct rwsem *s); /* by the running task */
bool rwsem_is_held(const struct rwsem *s);       /* by the running task, either way */
in_registers void rwsem_assert_write(struct rwsem *s) asserts_held(s);
in_registers void rwsem_assert_held(struct rwsem *s) asserts_held_shared(s);
