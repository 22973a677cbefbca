/* The undo log, and the hooks that feed it: see undo.h. Built without hooks of its own. */
#include "arch/sim/undo.h"
#include "arch/sim/memory.h"
#include "arch/sim/order.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* A run of stress_mixed writes a few million words. */
#define LOG_ENTRIES (24u << 20)

struct entry {
    u32 *at;
    u32 old;
};

bool undo_on;
static struct entry *entries;
static u32 used;
static u32 except_from, except_bytes;

u32 undo_position(void)
{
    if (!entries) {
        entries = mmap(NULL, LOG_ENTRIES * sizeof(*entries), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (entries == MAP_FAILED) {
            perror("the undo log");
            exit(2);
        }
    }
    return used;
}

void undo_rewind(u32 position)
{
    while (used > position) {
        used--;
        *entries[used].at = entries[used].old;
    }
}

void undo_except(const void *from, size_t bytes)
{
    except_from = (u32)(uintptr_t)from;
    except_bytes = bytes;
}

/* A word of the kernel window is logged where its frame lies: the mapping may be another one by the time of
 * the rewind. */
static always_inline void log_word(u32 at)
{
    if (at - except_from < except_bytes)
        return;
    if (unlikely(at - KWINDOW_BASE < KWINDOW_END - KWINDOW_BASE))
        at = memory_window_direct(at);
    if (unlikely(used == LOG_ENTRIES)) {
        undo_on = false;
        sim_fail("the run wrote more than %u words: it is too long to be taken back", LOG_ENTRIES);
    }
    entries[used++] = (struct entry){(u32 *)at, *(u32 *)at};
}

static always_inline void log_bytes(const volatile void *p, size_t bytes)
{
    u32 at = (u32)(uintptr_t)p & ~3u, end = (u32)(uintptr_t)p + bytes;

    for (; undo_on && at < end; at += 4)
        log_word(at);
}

/* One of a size that divides a word: it lies in one. */
static always_inline void log_small(const volatile void *p)
{
    if (undo_on)
        log_word((u32)(uintptr_t)p & ~3u);
}

void undo_note(const volatile void *p, size_t bytes)
{
    log_bytes(p, bytes);
}

/* ---- what the compiler calls; the sanitized program has no such hooks ---- */
#ifndef __SANITIZE_ADDRESS__

#define HOOK(name, ...)                                                                                      \
    void name(__VA_ARGS__);                                                                                  \
    void name(__VA_ARGS__)
#define PLAIN(size)                                                                                          \
    HOOK(__tsan_read##size, void *p) {}                                                                      \
    HOOK(__tsan_unaligned_read##size, void *p) {}                                                            \
    HOOK(__tsan_write##size, void *p)                                                                        \
    {                                                                                                        \
        if (size <= 4)                                                                                       \
            log_small(p);                                                                                    \
        else                                                                                                 \
            log_bytes(p, size);                                                                              \
    }                                                                                                        \
    HOOK(__tsan_unaligned_write##size, void *p)                                                              \
    {                                                                                                        \
        log_bytes(p, size);                                                                                  \
    }                                                                                                        \
    HOOK(__tsan_volatile_read##size, void *p)                                                                \
    {                                                                                                        \
        if (undo_on)                                                                                         \
            order_saw(p);                                                                                    \
    }                                                                                                        \
    HOOK(__tsan_volatile_write##size, void *p)                                                               \
    {                                                                                                        \
        log_bytes(p, size);                                                                                  \
        if (undo_on)                                                                                         \
            order_told(p);                                                                                   \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)
HOOK(__tsan_init, void) {}
HOOK(__tsan_read_range, void *p, size_t n) {}
HOOK(__tsan_write_range, void *p, size_t n)
{
    log_bytes(p, n);
}

/* ---- atomics: the hook is the operation. One host thread runs everything, so a plain access is one ---- */

#define FETCH(bits, type, op, expression)                                                                    \
    HOOK_VALUE(type, __tsan_atomic##bits##_##op, volatile type *p, type v, int order)                        \
    {                                                                                                        \
        type old = *p;                                                                                       \
        log_bytes(p, sizeof(*p));                                                                            \
        *p = (expression);                                                                                   \
        return old;                                                                                          \
    }
#define HOOK_VALUE(type, name, ...)                                                                          \
    type name(__VA_ARGS__);                                                                                  \
    type name(__VA_ARGS__)
#define COMPARE(bits, type, strength)                                                                        \
    HOOK_VALUE(int, __tsan_atomic##bits##_compare_exchange_##strength, volatile type *p, type *expected,     \
               type v, int order, int failure_order)                                                         \
    {                                                                                                        \
        type old = *p;                                                                                       \
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
    HOOK_VALUE(type, __tsan_atomic##bits##_load, const volatile type *p, int order)                          \
    {                                                                                                        \
        return *p;                                                                                           \
    }                                                                                                        \
    HOOK(__tsan_atomic##bits##_store, volatile type *p, type v, int order)                                   \
    {                                                                                                        \
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
HOOK(__tsan_atomic_thread_fence, int order) {}
HOOK(__tsan_atomic_signal_fence, int order) {}

/* ---- the C library's stores (the linker sends them here: --wrap) ---- */

#define WRAP(name, second)                                                                                   \
    void *__real_##name(void *to, second x, size_t n);                                                       \
    void *__wrap_##name(void *to, second x, size_t n);                                                       \
    void *__wrap_##name(void *to, second x, size_t n)                                                        \
    {                                                                                                        \
        log_bytes(to, n);                                                                                    \
        return __real_##name(to, x, n);                                                                      \
    }
WRAP(memcpy, const void *)
WRAP(memmove, const void *)
WRAP(memset, int)
#endif
