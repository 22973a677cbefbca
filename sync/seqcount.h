/* A sequence: odd while a writer is inside. Writers are serialised by a lock of their own. */
#pragma once
#include "arch/atomic.h"
#include "arch/cpu.h"

struct seqcount {
    u32 n;
};
/* Any context that a writer cannot have interrupted: waits, spinning, while one is inside. What is read from
 * here on belongs together if seq_read_retry(s, n) says false at its end; each word by READ_ONCE. */
static inline u32 seq_read_begin(const struct seqcount *s)
{
    u32 n;
    while ((n = load_acquire(&s->n)) & 1)
        cpu_relax();
    return n;
}
static inline bool seq_read_retry(const struct seqcount *s, u32 n)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return READ_ONCE(s->n) != n;
}
/* Around the change, with the writers' lock held and preemption off: readers spin meanwhile. */
static inline void seq_write_begin(struct seqcount *s)
{
    WRITE_ONCE(s->n, s->n + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}
static inline void seq_write_end(struct seqcount *s)
{
    store_release(&s->n, s->n + 1);
}
