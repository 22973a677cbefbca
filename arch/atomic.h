/*
 * Atomics, the same file for both architectures: the compiler's builtins plus a choice point.
 * All read-modify-write operations are full barriers (SDM vol. 3A, 8.2.3.9: locked instructions).
 */
#pragma once
#include "arch/choice.h"
#include "lib/compiler.h"

typedef struct {
    int v;
} atomic_t;
#define ATOMIC_INIT(n) ((atomic_t){(n)})

static inline int atomic_read(const atomic_t *a)
{
    choice_point_read(a);
    return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}
static inline int atomic_read_acquire(const atomic_t *a)
{
    choice_point_read(a);
    return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);
}
static inline void atomic_set(atomic_t *a, int v)
{
    choice_point(a);
    __atomic_store_n(&a->v, v, __ATOMIC_RELAXED);
}
static inline void atomic_set_release(atomic_t *a, int v)
{
    choice_point(a);
    __atomic_store_n(&a->v, v, __ATOMIC_RELEASE);
}
/* Returns the new value. */
static inline int atomic_add(atomic_t *a, int n)
{
    choice_point(a);
    return __atomic_add_fetch(&a->v, n, __ATOMIC_SEQ_CST);
}
static inline int atomic_inc(atomic_t *a)
{
    return atomic_add(a, 1);
}
static inline int atomic_dec(atomic_t *a)
{
    return atomic_add(a, -1);
}
static inline int atomic_xchg(atomic_t *a, int v)
{
    choice_point(a);
    return __atomic_exchange_n(&a->v, v, __ATOMIC_SEQ_CST);
}
/* True when *a was `old` and is now `new`. */
static inline bool atomic_cmpxchg(atomic_t *a, int old, int new)
{
    choice_point(a);
    return __atomic_compare_exchange_n(&a->v, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
/* Adds one unless the value is zero; false when it was. */
static inline bool atomic_inc_unless_zero(atomic_t *a)
{
    int seen = atomic_read(a);
    while (seen != 0 &&
           !__atomic_compare_exchange_n(&a->v, &seen, seen + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        choice_point(a);
    return seen != 0;
}
/* Bit operations on a u32 shared word; both return the bit's former value. */
static inline bool atomic_bit_set(u32 *word, unsigned bit)
{
    choice_point(word);
    return __atomic_fetch_or(word, 1u << bit, __ATOMIC_SEQ_CST) & (1u << bit);
}
static inline bool atomic_bit_clear(u32 *word, unsigned bit)
{
    choice_point(word);
    return __atomic_fetch_and(word, ~(1u << bit), __ATOMIC_SEQ_CST) & (1u << bit);
}
static inline void atomic_bits_set(u32 *word, u32 bits)
{
    choice_point(word);
    __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}
static inline void atomic_bits_clear(u32 *word, u32 bits)
{
    choice_point(word);
    __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST);
}
static inline bool atomic_bit_test(const u32 *word, unsigned bit)
{
    choice_point_read(word);
    return (__atomic_load_n(word, __ATOMIC_ACQUIRE) >> bit) & 1;
}

/* Orders every earlier store before every later load, on this CPU as others see it. */
static inline void memory_barrier(void)
{
    choice_point(0);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#define load_acquire(p)                                                                                      \
    ({                                                                                                       \
        choice_point_read(p);                                                                                \
        __atomic_load_n((p), __ATOMIC_ACQUIRE);                                                              \
    })
#define store_release(p, v)                                                                                  \
    ({                                                                                                       \
        choice_point(p);                                                                                     \
        __atomic_store_n((p), (v), __ATOMIC_RELEASE);                                                        \
    })
