/*
 * Between the futex files only.
 *
 * Key: (b) the bucket's lock; (a) READ_ONCE by the waiter; (c) constant.
 */
#pragma once
#include "sys/futex/futex.h"

struct futex_key {
    const void *object; /* struct mm or struct mapping */
    u32 page, offset;
    struct mapping *held; /* the mapping, referenced, or NULL */
};
struct futex_bucket {
    struct spinlock lock; /* RANK_FUTEX */
    struct list waiters;  /* (b) struct futex_waiter, oldest first */
} cacheline_aligned;
struct futex_waiter {
    struct list link;            /* (b) */
    struct futex_key key;        /* (b) */
    struct futex_bucket *bucket; /* (b) of the old and the new to write; (a) */
    struct task *task;           /* (c) */
    u32 bitset;                  /* (c) */
    bool woken;                  /* (a) set under (b), last touch by the waker */
};

/* Names the futex at addr; `shared`: by file where it lies in a shared mapping. 0, -EINVAL (not aligned) or
 * -EFAULT. To be put. Takes mmap_lock, so it may sleep. */
int futex_key_get(vaddr_t addr, bool shared, struct futex_key *key);
void futex_key_put(const struct futex_key *key);
bool futex_key_same(const struct futex_key *a, const struct futex_key *b);
struct futex_bucket *futex_bucket_of(const struct futex_key *key);
/* Into its key's queue, before the word is read. */
void futex_waiter_queue(struct futex_waiter *w);
/* Out of whatever queue it is in now. True when it was woken. */
bool futex_waiter_leave(struct futex_waiter *w);
/* Sleeps until one of them is woken, or a signal or the deadline comes. */
void futex_waiters_sleep(const struct futex_waiter *w, u32 count, u64 deadline);
/* Wakes up to `count` of the key's waiters whose bits meet `bitset`; how many. */
u32 futex_wake_locked(struct futex_bucket *b, const struct futex_key *key, u32 count, u32 bitset)
    must_hold(&b->lock);
/* Wakes `wake` waiters of addr and moves `move` more to addr2; nothing, and -EAGAIN, when the word at addr is
 * not *expected (may be NULL). How many were woken, and with `expected` moved, or -errno. Sleeps. */
s32 futex_requeue(vaddr_t addr, u32 wake, u32 move, vaddr_t addr2, bool shared, const u32 *expected);
