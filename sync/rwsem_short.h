/*
 * The short ways of a reader, inlined: sync/rwsem.c's own, and the page fault's, which is where mmap_lock is
 * taken most and a call is a tenth of the pair. Who uses them names the place himself: `ip`.
 */
#pragma once
#include "diag/race.h"
#include "sync/rwsem_internal.h"

/* `how`: HOW_KILLABLE or 0. `is_plain`: sleep_lock_is_plain(), or less where the rest of it is known. */
static always_inline lock_implementation int rwsem_short_read_lock(struct rwsem *s, struct task *self,
                                                                   vaddr_t ip, u32 how,
                                                                   bool (*is_plain)(const struct task *))
    try_acquires_shared(0, s)
{
    int blockers = mutant(R37) ? RWSEM_WRITER : RWSEM_WRITER | RWSEM_WAITERS;

    if (unlikely((atomic_add(&s->count, RWSEM_READER) - RWSEM_READER) & blockers))
        return rwsem_lock_slowly(s, ip, how | HOW_SHARED);
    if (unlikely(!is_plain(self)))
        return rwsem_lock_slowly(s, ip, how | HOW_SHARED | HOW_TAKEN);
    sleep_lock_note(self, s, s->class, LOCK_SHARED, ip);
    return 0;
}

static always_inline void rwsem_leave_read(struct rwsem *s)
{
    int now = atomic_add(&s->count, -RWSEM_READER);

    if (unlikely(now & (RWSEM_NEGATIVE | RWSEM_WRITER | RWSEM_WAITERS)))
        rwsem_left_read(s, now);
}

static always_inline lock_implementation void rwsem_short_read_unlock(struct rwsem *s, struct task *self)
    releases_shared(s)
{
    if (likely(sleep_lock_forget(self, s)))
        rwsem_leave_read(s);
    else
        rwsem_read_unlock_slowly(s);
}
