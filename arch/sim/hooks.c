/*
 * The hooks that gcc's -fsanitize=thread calls before the accesses of the kernel (and of the model:
 * model_hooks.h), in place of that option's own run-time. They feed the undo log, the order of marked
 * accesses and the look-out for data races. Built without hooks of its own; the sanitized program has none.
 */
#ifndef __SANITIZE_ADDRESS__
#include "arch/sim/hooks.h"
#include "arch/sim/order.h"
#include "arch/sim/races.h"
#include "arch/sim/strategy.h"
#include "arch/sim/undo_log.h"

/* ---- plain accesses, and volatile ones (READ_ONCE, WRITE_ONCE) ---- */

static always_inline void touch(const volatile void *p, size_t bytes, enum access how, u32 ip)
{
    if (unlikely(races_on))
        races_touch(p, bytes, how, ip);
}

#define HOOK(type, name, ...)                                                                                \
    type name(__VA_ARGS__);                                                                                  \
    type name(__VA_ARGS__)
/* The kernel's accesses are those of its tasks; the model's (model_hooks.h) only have to be undone. */
#define LOG(size)                                                                                            \
    if (size <= 4)                                                                                           \
        log_small(p);                                                                                        \
    else                                                                                                     \
        log_bytes(p, size)
#define PLAIN(size)                                                                                          \
    HOOK(void, model_write##size, void *p)                                                                   \
    {                                                                                                        \
        LOG(size);                                                                                           \
    }                                                                                                        \
    HOOK(void, __tsan_read##size, void *p)                                                                   \
    {                                                                                                        \
        touch(p, size, ACCESS_PLAIN, CALLER_IP());                                                           \
        if (reads_go)                                                                                        \
            hook_drop_call(CALLER_IP(), __tsan_read##size);                                                  \
    }                                                                                                        \
    HOOK(void, __tsan_write##size, void *p)                                                                  \
    {                                                                                                        \
        touch(p, size, ACCESS_WRITES, CALLER_IP());                                                          \
        LOG(size);                                                                                           \
    }                                                                                                        \
    HOOK(void, __tsan_volatile_read##size, void *p)                                                          \
    {                                                                                                        \
        touch(p, size, ACCESS_MARKED, CALLER_IP());                                                          \
        if (races_on)                                                                                        \
            races_acquire(p);                                                                                \
        if (undo_on)                                                                                         \
            order_saw(p);                                                                                    \
    }                                                                                                        \
    HOOK(void, __tsan_volatile_write##size, void *p)                                                         \
    {                                                                                                        \
        touch(p, size, ACCESS_MARKED | ACCESS_WRITES, CALLER_IP());                                          \
        if (races_on)                                                                                        \
            races_release(p, size);                                                                          \
        log_bytes(p, size);                                                                                  \
        if (undo_on) {                                                                                       \
            order_told(p);                                                                                   \
            strategy_told(p);                                                                                \
        }                                                                                                    \
    }
#define UNALIGNED(size)                                                                                      \
    HOOK(void, __tsan_unaligned_read##size, void *p)                                                         \
    {                                                                                                        \
        touch(p, size, ACCESS_PLAIN, CALLER_IP());                                                           \
    }                                                                                                        \
    HOOK(void, __tsan_unaligned_write##size, void *p)                                                        \
    {                                                                                                        \
        touch(p, size, ACCESS_WRITES, CALLER_IP());                                                          \
        log_bytes(p, size);                                                                                  \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)
UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)
HOOK(void, __tsan_init, void) {}
HOOK(void, model_read, void *p) {}
HOOK(void, __tsan_read_range, void *p, size_t n)
{
    touch(p, n, ACCESS_PLAIN, CALLER_IP());
}
HOOK(void, __tsan_write_range, void *p, size_t n)
{
    touch(p, n, ACCESS_WRITES, CALLER_IP());
    log_bytes(p, n);
}
HOOK(void, model_write_range, void *p, size_t n)
{
    log_bytes(p, n);
}

/* ---- atomics: the hook is the operation. One host thread runs everything, so a plain access is one ---- */

/* The order that the source asks for is not looked at: on x86 every load acquires, every store releases. */
static always_inline void marked(const volatile void *p, size_t bytes, bool reads, bool writes, u32 ip)
{
    if (!races_on)
        return;
    races_touch(p, bytes, ACCESS_MARKED | (writes ? ACCESS_WRITES : 0), ip);
    if (reads)
        races_acquire(p);
    if (writes)
        races_release(p, bytes);
}

#define FETCH(bits, type, op, expression)                                                                    \
    HOOK(type, __tsan_atomic##bits##_##op, volatile type *p, type v, int order)                              \
    {                                                                                                        \
        type old = *p;                                                                                       \
        marked(p, sizeof(*p), true, true, CALLER_IP());                                                      \
        log_bytes(p, sizeof(*p));                                                                            \
        *p = (expression);                                                                                   \
        return old;                                                                                          \
    }
#define COMPARE(bits, type, strength)                                                                        \
    HOOK(int, __tsan_atomic##bits##_compare_exchange_##strength, volatile type *p, type *expected, type v,   \
         int order, int failure_order)                                                                       \
    {                                                                                                        \
        type old = *p;                                                                                       \
        marked(p, sizeof(*p), true, old == *expected, CALLER_IP());                                          \
        if (old == *expected) {                                                                              \
            log_bytes(p, sizeof(*p));                                                                        \
            *p = v;                                                                                          \
            return 1;                                                                                        \
        }                                                                                                    \
        undo_note(expected, sizeof(*expected));                                                              \
        *expected = old;                                                                                     \
        return 0;                                                                                            \
    }
#define ATOMICS(bits, type)                                                                                  \
    HOOK(type, __tsan_atomic##bits##_load, const volatile type *p, int order)                                \
    {                                                                                                        \
        marked(p, sizeof(*p), true, false, CALLER_IP());                                                     \
        return *p;                                                                                           \
    }                                                                                                        \
    HOOK(void, __tsan_atomic##bits##_store, volatile type *p, type v, int order)                             \
    {                                                                                                        \
        marked(p, sizeof(*p), false, true, CALLER_IP());                                                     \
        log_bytes(p, sizeof(*p));                                                                            \
        *p = v;                                                                                              \
    }                                                                                                        \
    FETCH(bits, type, exchange, v)                                                                           \
    FETCH(bits, type, fetch_add, old + v)                                                                    \
    FETCH(bits, type, fetch_sub, old - v)                                                                    \
    FETCH(bits, type, fetch_and, old &v)                                                                     \
    FETCH(bits, type, fetch_or, old | v)                                                                     \
    FETCH(bits, type, fetch_xor, old ^ v)                                                                    \
    COMPARE(bits, type, strong)                                                                              \
    COMPARE(bits, type, weak)
ATOMICS(8, u8)
ATOMICS(16, u16)
ATOMICS(32, u32)
ATOMICS(64, u64)
HOOK(void, __tsan_atomic_thread_fence, int order) {}
HOOK(void, __tsan_atomic_signal_fence, int order) {}

/* ---- the C library's stores (the linker sends them here: --wrap) ---- */

#define WRAP(name, second, reads)                                                                            \
    void *__real_##name(void *to, second x, size_t n);                                                       \
    HOOK(void *, model_##name, void *to, second x, size_t n)                                                 \
    {                                                                                                        \
        log_bytes(to, n);                                                                                    \
        return __real_##name(to, x, n);                                                                      \
    }                                                                                                        \
    HOOK(void *, __wrap_##name, void *to, second x, size_t n)                                                \
    {                                                                                                        \
        if (races_on && reads)                                                                               \
            races_touch((const void *)(uintptr_t)x, n, ACCESS_PLAIN, CALLER_IP());                           \
        touch(to, n, ACCESS_WRITES, CALLER_IP());                                                            \
        log_bytes(to, n);                                                                                    \
        return __real_##name(to, x, n);                                                                      \
    }
WRAP(memcpy, const void *, true)
WRAP(memmove, const void *, true)
WRAP(memset, int, false)
#endif
