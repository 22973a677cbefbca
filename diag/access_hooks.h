/*
 * The functions that gcc's -fsanitize=thread calls before each access and instead of each atomic operation:
 * all of them, in terms of one. Included by the one source file of an image that looks on, after it has
 * defined
 *
 *     static void hook_access(const volatile void *p, size_t n, bool writes, bool marked, vaddr_t ip);
 *
 * which is told of an access before it is made: its bytes, whether it writes, whether the source marked it
 * (READ_ONCE, WRITE_ONCE, an atomic), and a place in the function that makes it. That file itself is built
 * without hooks. (The explorer also undoes what was written, and has hooks of its own: arch/sim/hooks.c.)
 */
#pragma once
#include "lib/compiler.h"

#define HOOK(type, name, ...)                                                                                \
    type name(__VA_ARGS__);                                                                                  \
    type name(__VA_ARGS__)
#define HOOK_PLAIN(name, size, writes, marked)                                                               \
    HOOK(void, name, void *p)                                                                                \
    {                                                                                                        \
        hook_access(p, size, writes, marked, CALLER_IP());                                                   \
    }
#define HOOKS_OF_SIZE(n)                                                                                     \
    HOOK_PLAIN(__tsan_read##n, n, false, false)                                                              \
    HOOK_PLAIN(__tsan_write##n, n, true, false)                                                              \
    HOOK_PLAIN(__tsan_unaligned_read##n, n, false, false)                                                    \
    HOOK_PLAIN(__tsan_unaligned_write##n, n, true, false)                                                    \
    HOOK_PLAIN(__tsan_volatile_read##n, n, false, true)                                                      \
    HOOK_PLAIN(__tsan_volatile_write##n, n, true, true)
HOOKS_OF_SIZE(1)
HOOKS_OF_SIZE(2)
HOOKS_OF_SIZE(4)
HOOKS_OF_SIZE(8)
HOOKS_OF_SIZE(16)
HOOK(void, __tsan_init, void) {}
HOOK(void, __tsan_read_range, void *p, size_t n)
{
    hook_access(p, n, false, false, CALLER_IP());
}
HOOK(void, __tsan_write_range, void *p, size_t n)
{
    hook_access(p, n, true, false, CALLER_IP());
}

/* Of an atomic operation the hook is the operation; the orders that the source asks for are constants of
 * little use here: on x86 locked instructions and plain moves order at least as much, and the compiler sees a
 * call. An exchange that fails takes the line all the same, and counts as a write. */
#define HOOK_FETCH(bits, type, op, builtin)                                                                  \
    HOOK(type, __tsan_atomic##bits##_##op, volatile type *p, type v, int order)                              \
    {                                                                                                        \
        hook_access(p, sizeof(*p), true, true, CALLER_IP());                                                 \
        return builtin(p, v, __ATOMIC_SEQ_CST);                                                              \
    }
#define HOOK_COMPARE(bits, type, strength)                                                                   \
    HOOK(int, __tsan_atomic##bits##_compare_exchange_##strength, volatile type *p, type *expected, type v,   \
         int order, int failure_order)                                                                       \
    {                                                                                                        \
        hook_access(p, sizeof(*p), true, true, CALLER_IP());                                                 \
        return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);       \
    }
#define HOOKS_OF_ATOMIC(bits, type)                                                                          \
    HOOK(type, __tsan_atomic##bits##_load, const volatile type *p, int order)                                \
    {                                                                                                        \
        hook_access(p, sizeof(*p), false, true, CALLER_IP());                                                \
        return __atomic_load_n(p, __ATOMIC_ACQUIRE);                                                         \
    }                                                                                                        \
    HOOK(void, __tsan_atomic##bits##_store, volatile type *p, type v, int order)                             \
    {                                                                                                        \
        hook_access(p, sizeof(*p), true, true, CALLER_IP());                                                 \
        if (order == __ATOMIC_SEQ_CST)                                                                       \
            __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                        \
        else                                                                                                 \
            __atomic_store_n(p, v, __ATOMIC_RELEASE);                                                        \
    }                                                                                                        \
    HOOK_FETCH(bits, type, exchange, __atomic_exchange_n)                                                    \
    HOOK_FETCH(bits, type, fetch_add, __atomic_fetch_add)                                                    \
    HOOK_FETCH(bits, type, fetch_sub, __atomic_fetch_sub)                                                    \
    HOOK_FETCH(bits, type, fetch_and, __atomic_fetch_and)                                                    \
    HOOK_FETCH(bits, type, fetch_or, __atomic_fetch_or)                                                      \
    HOOK_FETCH(bits, type, fetch_xor, __atomic_fetch_xor)                                                    \
    HOOK_COMPARE(bits, type, strong)                                                                         \
    HOOK_COMPARE(bits, type, weak)
HOOKS_OF_ATOMIC(8, u8)
HOOKS_OF_ATOMIC(16, u16)
HOOKS_OF_ATOMIC(32, u32)
#ifdef FL_HOST
HOOKS_OF_ATOMIC(64, u64) /* the kernel's own 64-bit words that several CPUs write stand under locks */
#endif
HOOK(void, __tsan_atomic_thread_fence, int order)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
HOOK(void, __tsan_atomic_signal_fence, int order) {}
