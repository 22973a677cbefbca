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

void lock_watch_acquire(const void *lock, struct lock_class *class, u32 acquire_flags, vaddr_t ip)
{
    if (lockdep_watching())
        lockdep_acquire(lock, class, acquire_flags, ip);
    trace_lock(lock_acquire, lock, acquire_flags & (ACQUIRE_TRY | ACQUIRE_READ), class->name);
    if (trace_on(mmap_lock_start_locking) && class->rank == RANK_MMAP)
        trace_write_mmap_lock(TRACE_mmap_lock_start_locking, lock, !(acquire_flags & ACQUIRE_READ));
}

struct lock_wait lock_wait_begin(const void *lock, const struct lock_class *class, u32 contend_flags,
                                 struct lock_holder holder, vaddr_t ip)
{
    struct lock_wait wait = {.start = 0, .watched = lock_watched()};

    if (wait.watched) {
        trace_lock(lock_contended, lock, 0, class->name);
        trace_lock(contention_begin, lock, contend_flags, class->name);
        if (trace_on(lock_wait))
            trace_write_lock_wait(lock, class->name, contend_flags, holder.pid, holder.cpu, ip);
        wait.start = (u32)cpu_cycles();
    }
    return wait;
}

u32 lock_wait_end(const struct lock_wait *wait, const void *lock, const struct lock_class *class, int error)
{
    if (!wait->watched)
        return 0;
    u32 waited = (u32)cpu_cycles() - wait->start;
    trace_lock(contention_end, lock, (u32)error, class->name);
    return waited;
}

void lock_watch_acquired(struct held_lock *entry, u32 waited, bool contended, bool bounced)
{
    trace_lock(lock_acquired, entry->lock, 0, entry->class->name);
    if (trace_on(mmap_lock_acquire_returned) && entry->class->rank == RANK_MMAP)
        trace_write_mmap_lock(TRACE_mmap_lock_acquire_returned, entry->lock, entry->mode == LOCK_EXCLUSIVE);
    if (lock_stat_on) {
        lock_stat_acquired(entry->class, entry->mode, waited, contended, bounced, entry->ip);
        entry->since = (u32)cpu_cycles();
        entry->timed = true;
    }
}

void lock_watch_release(const struct held_lock *entry)
{
    trace_lock(lock_release, entry->lock, 0, entry->class->name);
    if (trace_on(mmap_lock_released) && entry->class->rank == RANK_MMAP)
        trace_write_mmap_lock(TRACE_mmap_lock_released, entry->lock, entry->mode == LOCK_EXCLUSIVE);
    if (lock_stat_on && entry->timed)
        lock_stat_released(entry->class, entry->mode, (u32)cpu_cycles() - entry->since);
}
