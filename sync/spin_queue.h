/* The spinlock's word, for spinlock.c and spin_queue.c: free, held, or held and wanted. */
#pragma once
#include "sync/spinlock.h"

/* The low byte, which only the holder clears; the upper half names the queue's tail. */
#define SPIN_LOCKED 1u

static always_inline bool spin_cmpxchg(struct spinlock *lock, u32 old, u32 new)
{
    choice_point(&lock->word);
    return __atomic_compare_exchange_n(&lock->word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}
static always_inline u8 *spin_locked_byte(struct spinlock *lock)
{
    return (u8 *)&lock->word;
}

/* Queues behind whoever is there and returns as the holder. Preemption off; answers cross-calls. */
void spin_queue(struct spinlock *lock);
