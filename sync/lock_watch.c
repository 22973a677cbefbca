/* The cold half of every lock: what is done when statistics, lockdep or lock traces are on
 * (sync/lock_watch.h). */
#include "sync/lock_watch.h"

#ifdef FL_TEST
unsigned lock_watch_on = LOCK_WATCH_STAT | LOCK_WATCH_DEP;
#else
unsigned lock_watch_on;
#endif

static void look_again(void)
{
    WRITE_ONCE(lock_watch_on, (lock_stat_on ? LOCK_WATCH_STAT : 0) |
                                  (lockdep_mode != LOCKDEP_OFF ? LOCK_WATCH_DEP : 0) |
                                  (READ_ONCE(trace_mask) & TRACE_LOCK_EVENTS ? LOCK_WATCH_TRACE : 0));
}

void lock_watch_init(void)
{
    trace_mask_hook = look_again;
    look_again();
}

/*
 * Who waits, by the lock's address: whoever lets go of a lock that is waited for tells the trace where it
 * took it (faultline:lock_held). Two locks may share a counter; then a release too many is told, and nobody
 * looks for it. Written by those who wait, and only while locks are watched.
 */
#define WAITED_FOR 256u
static u32 waited_for[WAITED_FOR];

static u32 *waiters_of(const void *lock)
{
    u32 address = (u32)(uintptr_t)lock;

    return &waited_for[(address >> 2 ^ address >> 10 ^ address >> 18) % WAITED_FOR];
}

static void waiters_add(const void *lock, u32 n)
{
    __atomic_fetch_add(waiters_of(lock), n, __ATOMIC_RELAXED);
}

static noinline void tell_held(const struct held_lock *entry)
{
    u32 flags = entry->mode == LOCK_SHARED ? CONTEND_READ : CONTEND_WRITE;

    trace_write_lock_held(entry->lock, entry->class->name, flags,
                          entry->timed ? (u32)cpu_cycles() - entry->since : 0, entry->ip);
}

void lock_watch_acquire(const void *lock, struct lock_class *class, u32 acquire_flags, vaddr_t ip)
{
    if (lockdep_watching())
        lockdep_acquire(lock, class, acquire_flags, ip);
    trace_point(lock_acquire, lock, acquire_flags & (ACQUIRE_TRY | ACQUIRE_READ), class->name);
    if (class->rank == RANK_MMAP)
        trace_point_as(mmap_lock_start_locking, mmap_lock, lock, !(acquire_flags & ACQUIRE_READ));
}

struct lock_wait lock_wait_begin(const void *lock, const struct lock_class *class, u32 contend_flags,
                                 struct lock_holder holder, vaddr_t ip)
{
    struct lock_wait wait = {.start = 0, .watched = lock_watched()};

    if (wait.watched) {
        trace_point_as(lock_contended, lock, lock, class->name);
        trace_point(contention_begin, lock, contend_flags);
        trace_point(lock_wait, lock, class->name, contend_flags, holder.pid, holder.cpu, ip);
        waiters_add(lock, 1);
        wait.start = (u32)cpu_cycles();
    }
    return wait;
}

u32 lock_wait_end(const struct lock_wait *wait, const void *lock, const struct lock_class *class, int error)
{
    if (!wait->watched)
        return 0;
    u32 waited = (u32)cpu_cycles() - wait->start;
    waiters_add(lock, (u32)-1);
    trace_point(contention_end, lock, error);
    return waited;
}

void lock_watch_acquired(struct held_lock *entry, u32 waited, bool contended, bool bounced)
{
    trace_point_as(lock_acquired, lock, entry->lock, entry->class->name);
    if (entry->class->rank == RANK_MMAP)
        trace_point(mmap_lock_acquire_returned, entry->lock, entry->mode == LOCK_EXCLUSIVE);
    if (lock_stat_on)
        lock_stat_acquired(entry->class, entry->mode, waited, contended, bounced, entry->ip);
    entry->since = (u32)cpu_cycles();
    entry->timed = true;
}

void lock_watch_release(const struct held_lock *entry)
{
    if (trace_on(lock_held) && READ_ONCE(*waiters_of(entry->lock)) != 0)
        tell_held(entry);
    trace_point_as(lock_release, lock, entry->lock, entry->class->name);
    if (entry->class->rank == RANK_MMAP)
        trace_point_as(mmap_lock_released, mmap_lock, entry->lock, entry->mode == LOCK_EXCLUSIVE);
    if (lock_stat_on && entry->timed)
        lock_stat_released(entry->class, entry->mode, (u32)cpu_cycles() - entry->since);
}
