/* The inline half of held.c: what spin_lock() and spin_unlock() do on their way, in a handful of
 * instructions. */
#pragma once
#include "diag/assert.h"
#include "sync/held.h"

static inline u32 interrupt_level(void)
{
    return preempt_count() >> 16;
}

void held_spin_check_slow(const struct held_locks *held, const void *lock, const struct lock_class *class,
                          bool nested, vaddr_t ip);
/* The same against the running task's sleeping locks. */
void held_check_ranks(const void *lock, const struct lock_class *class, bool nested, vaddr_t ip);
struct held_lock held_remove_from(struct held_locks *held, const void *lock);

#ifdef FL_TEST
void held_spin_check_task(const void *lock, const struct lock_class *class, vaddr_t ip);
#else
static inline void held_spin_check_task(const void *lock, const struct lock_class *class, vaddr_t ip) {}
#endif

/* Held locks ascend by rank, so a rank above the newest one's is above all of them, and cannot be among them.
 */
static always_inline void held_spin_check(const struct held_locks *held, const void *lock,
                                          const struct lock_class *class, bool nested, vaddr_t ip)
{
    u32 n = held->n;

    assert(class != NULL); /* a lock that nobody initialised */
    if (n != 0) {
        const struct lock_class *top = held->e[n - 1].class;
        if (unlikely(top == NULL || top->rank >= class->rank || top->rank == RANK_NONE))
            held_spin_check_slow(held, lock, class, nested, ip);
    }
    held_spin_check_task(lock, class, ip);
}

/* n grows before the entry is filled, so that an interrupt in between uses the next entry; class comes last,
 * as an entry without one is being filled. */
static always_inline struct held_lock *held_push(struct held_locks *held, const void *lock,
                                                 struct lock_class *class, enum lock_mode mode, vaddr_t ip)
{
    u32 n = held->n;

    assert(n < HELD_MAX);
    WRITE_ONCE(held->n, n + 1);
    barrier();
    struct held_lock *e = &held->e[n];
    e->lock = lock;
    e->ip = ip;
    e->mode = (u16)mode;
    e->level = (u16)interrupt_level();
    e->since = 0;
    barrier();
    WRITE_ONCE(e->class, class);
    return e;
}

/* The entry of `lock` when it is the newest, as nearly always; else NULL. */
static always_inline struct held_lock *held_top(struct held_locks *held, const void *lock)
{
    u32 n = held->n;

    return n != 0 && held->e[n - 1].lock == lock ? &held->e[n - 1] : NULL;
}
static always_inline void held_pop(struct held_locks *held)
{
    u32 n = held->n - 1;

    WRITE_ONCE(held->e[n].class, NULL);
    barrier();
    WRITE_ONCE(held->n, n);
}
