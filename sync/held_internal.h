/* The inline half of held.c: what every lock and unlock does on its way, in a handful of instructions. */
#pragma once
#include "diag/assert.h"
#include "sync/held.h"

static inline u32 interrupt_level(void)
{
    return preempt_count() >> 16;
}

/* Against all that `held` says: reports a lock that is taken by the one who holds it, and, when lockdep is
 * on, one that breaks the order of ranks. Any context. */
void held_check(const struct held_locks *held, const void *lock, const struct lock_class *class, bool nested,
                vaddr_t ip);
/* The order is one against the ranks: reported already, and nothing to learn. */
bool held_breaks_ranks(const struct held_lock *held, const struct lock_class *wanted, bool nested);
const char *held_rank_name(const struct lock_class *class);

/* Removes an entry that need not be the newest one; panics when there is none. Returns what it said. */
struct held_lock held_remove(struct held_locks *held, const void *lock);

/*
 * Noting a lock is held_push(), filling the entry in, held_publish(). `newest` moves before the entry is
 * filled, so that an interrupt in between uses the next one; `lock` is written last, as an entry without it
 * is being filled. Each barrier also ends the life of what was in registers before it: the fast ways of the
 * locks save none.
 */
static always_inline struct held_lock *held_push(struct held_locks *held)
{
    u32 at = held->newest + HELD_STEP;
    struct held_lock *e;

    assert(at <= HELD_MAX * HELD_STEP);
    WRITE_ONCE(held->newest, at);
    e = (struct held_lock *)((char *)held->e + at);
    keep_in_register(e); /* left alone, gcc keeps the addresses of three fields, and spills what was there */
    barrier();
    return e;
}

static always_inline void held_publish(struct held_lock *e, const void *lock)
{
    barrier();
    WRITE_ONCE(e->lock, lock);
}

static always_inline void held_fill(struct held_lock *e, struct lock_class *class, enum lock_mode mode,
                                    vaddr_t ip)
{
    e->class = class;
    e->ip = ip;
    e->mode = (u16)mode;
    e->level = 0;
    e->timed = false;
}

static always_inline struct held_lock *held_note(struct held_locks *held, const void *lock,
                                                 struct lock_class *class, enum lock_mode mode, vaddr_t ip)
{
    struct held_lock *e = held_push(held);

    held_fill(e, class, mode, ip);
    held_publish(e, lock);
    return e;
}

static always_inline void held_forget_newest(struct held_locks *held)
{
    WRITE_ONCE(held_newest(held)->lock, NULL);
    barrier();
    own_word_add(&held->newest, 0u - HELD_STEP); /* a dump of another CPU may read it: one instruction */
    barrier();
}
