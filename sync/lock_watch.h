/*
 * Watching locks: statistics, lockdep and trace events, all behind one predictable branch. A lock's hot path
 * asks lock_watched() once and leaves the rest to these cold functions.
 */
#pragma once
#include "diag/trace.h"
#include "sync/lock_stat.h"
#include "sync/lockdep.h"

#define TRACE_LOCK_EVENTS                                                                                    \
    (TRACE_BIT(contention_begin) | TRACE_BIT(contention_end) | TRACE_BIT(lock_acquire) |                     \
     TRACE_BIT(lock_contended) | TRACE_BIT(lock_acquired) | TRACE_BIT(lock_release) | TRACE_BIT(lock_wait) | \
     TRACE_BIT(lock_held) | TRACE_BIT(mmap_lock_start_locking) | TRACE_BIT(mmap_lock_acquire_returned) |     \
     TRACE_BIT(mmap_lock_released))

/* Linux's flag words: contention_begin's (lock kind) and lock_acquire's. */
#define CONTEND_SPIN  1u
#define CONTEND_READ  2u
#define CONTEND_WRITE 4u
#define CONTEND_MUTEX 32u
#define ACQUIRE_TRY   1u
#define ACQUIRE_READ  2u
/* Ours, for lockdep: */
#define ACQUIRE_NESTED 4u  /* the caller names the order among locks of one rank */
#define ACQUIRE_SLEEPS 8u  /* not a spinlock */
#define ACQUIRE_WAIT   16u /* no lock: something that must happen */

#define LOCK_WATCH_STAT  1u
#define LOCK_WATCH_DEP   2u
#define LOCK_WATCH_TRACE 4u
#define LOCK_WATCH_ANY   7u
extern unsigned lock_watch_on; /* LOCK_WATCH_* bits, one word, so that the branch looks at it once */
/* Sets it from the boot words, and follows the trace mask from then on; once they are read. */
void lock_watch_init(void);

/* A plain read, as trace_on()'s: one test of memory. Whether a lock sees the change at once matters to
 * nobody. */
static inline bool lock_watched(void)
{
    return unlikely(lock_watch_on & LOCK_WATCH_ANY);
}
static inline bool lockdep_watching(void)
{
    return unlikely(READ_ONCE(lock_watch_on) & LOCK_WATCH_DEP);
}

/* Whom one waits for, as far as the lock knows; pid or CPU -1 when it does not. */
struct lock_holder {
    s32 pid;
    s32 cpu;
};

/* A wait, from lock_wait_begin() to lock_wait_end(); its length goes into lock_watch_acquired(). */
struct lock_wait {
    u32 start; /* low word of the TSC */
    bool watched;
};

/* It is wanted: before the wait for it, at the latest. */
cold void lock_watch_acquire(const void *lock, struct lock_class *class, u32 acquire_flags, vaddr_t ip);
/* The lock is held by others: the wait starts. */
struct lock_wait lock_wait_begin(const void *lock, const struct lock_class *class, u32 contend_flags,
                                 struct lock_holder holder, vaddr_t ip);
/* The wait is over; `error` is 0 or why it ended without the lock. Returns its length in cycles, 0 if
 * unwatched. */
u32 lock_wait_end(const struct lock_wait *wait, const void *lock, const struct lock_class *class, int error);
/* It is held: counts the acquisition and notes in `entry` when it began. `waited` 0: at once. */
cold void lock_watch_acquired(struct held_lock *entry, u32 waited, bool contended, bool bounced);
/* It is about to be let go. */
cold void lock_watch_release(const struct held_lock *entry);
