/*
 * Reference counts that saturate. A count that would pass its limits, or rise from zero, sticks at SATURATED
 * and says so once: the object leaks, which is a bug; it is not freed under somebody's feet, which is a
 * disaster.
 */
#pragma once
#include "arch/atomic.h"

struct refcount {
    atomic_t n;
};
#define REFCOUNT_INIT(value)                                                                                 \
    {                                                                                                        \
        ATOMIC_INIT(value)                                                                                   \
    }
/* Half-way into the negative: 2^30 racing gets or puts on a saturated count still leave it saturated. */
#define REFCOUNT_SATURATED (-0x40000000)

cold void refcount_saturate(struct refcount *r, const char *why, vaddr_t ip);

static inline void refcount_set(struct refcount *r, int value)
{
    atomic_set(&r->n, value);
}
static inline int refcount_read(const struct refcount *r)
{
    return atomic_read(&r->n);
}
/* The caller has a reference already. */
static inline void refcount_get(struct refcount *r)
{
    if (unlikely(atomic_inc(&r->n) <= 1))
        refcount_saturate(r, "reference taken on a dead or saturated count", CALLER_IP());
}
/* For a look-up without a reference: false when the object is on its way out. */
static inline bool refcount_get_unless_zero(struct refcount *r)
{
    return atomic_inc_unless_zero(&r->n);
}
/* True when that was the last one: the caller, and nobody else, frees. */
must_check static inline bool refcount_put(struct refcount *r)
{
    int left = atomic_dec(&r->n);
    if (unlikely(left < 0))
        refcount_saturate(r, "more references dropped than taken", CALLER_IP());
    return left == 0;
}
