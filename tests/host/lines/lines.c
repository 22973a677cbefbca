/* See lines.h. The functions that gcc's instrumentation calls, and the table behind them. */
#include "tests/host/lines/lines.h"
#include "arch/sim/machine.h"
#include <stdbool.h>
#include <string.h>

#define SLOTS     (1u << 16) /* of the table; far more than the lines that one measurement meets */
#define WRITES_OP 4096u      /* lines that one operation may write */

struct line {
    u32 number; /* address / LINE_BYTES; 0: free */
    u8 readers, writers;
    u64 op_writes;
};
static struct line table[SLOTS];
static struct {
    u32 n, line[WRITES_OP];
} written[SIM_CPUS_MAX]; /* by the operation under way on each CPU */
static u32 operations;
static bool noting[SIM_CPUS_MAX];

static struct line *find(u32 number)
{
    u32 i = (number * 2654435761u) >> 16;

    while (table[i].number && table[i].number != number)
        i = (i + 1) % SLOTS;
    table[i].number = number;
    return &table[i];
}

/* Its own stack and the machine's own records are nobody else's business. */
static bool is_private(u32 address, u32 frame)
{
    bool stack = address - (frame & ~0x3FFFFu) < 0x40000u; /* a fiber's stack (arch/sim/fiber.c) */
    bool machine = address - (u32)(uintptr_t)sim_locals < sizeof sim_locals ||
                   address - (u32)(uintptr_t)sim_irqs_on < MAX_CPUS; /* registers of a real processor */
    return stack || machine;
}

static void note(const volatile void *p, bool is_write)
{
    u32 address = (u32)(uintptr_t)p, cpu = cpu_id();

    /* What an interrupt does in the middle is not the operation's. */
    if (!noting[cpu] || in_interrupt() || is_private(address, (u32)(uintptr_t)__builtin_frame_address(0)))
        return;
    struct line *line = find(address / LINE_BYTES);
    if (!is_write) {
        line->readers |= (u8)(1u << cpu);
        return;
    }
    line->writers |= (u8)(1u << cpu);
    for (u32 i = 0; i < written[cpu].n; i++)
        if (written[cpu].line[i] == line->number)
            return;
    if (written[cpu].n < WRITES_OP)
        written[cpu].line[written[cpu].n++] = line->number;
}

void lines_operation_begin(void)
{
    noting[cpu_id()] = true;
}

void lines_operation_done(void)
{
    u32 cpu = cpu_id();

    noting[cpu] = false;
    for (u32 i = 0; i < written[cpu].n; i++)
        find(written[cpu].line[i])->op_writes++;
    written[cpu].n = 0;
    operations++;
}

static bool is_shared(const struct line *line)
{
    u32 cpus = line->readers | line->writers;
    return (cpus & (cpus - 1)) != 0;
}

void lines_sum(struct lines_sum *sum)
{
    *sum = (struct lines_sum){.operations = operations};
    for (u32 i = 0; i < SLOTS; i++) {
        sum->written += table[i].op_writes;
        sum->shared += is_shared(&table[i]) ? table[i].op_writes : 0;
    }
}

void lines_shared(void (*line)(u32 address, u64 writes))
{
    for (u32 i = 0; i < SLOTS; i++)
        if (table[i].op_writes && is_shared(&table[i]))
            line(table[i].number * LINE_BYTES, table[i].op_writes);
}

void lines_forget(void)
{
    memset(table, 0, sizeof table);
    memset(written, 0, sizeof written);
    operations = 0;
}

/* ---- what the compiler calls ---- */

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_init(void) {}
void __tsan_func_entry(void *caller)
{
    (void)caller;
}
void __tsan_func_exit(void) {}

/* Laid out by hand: lists of macros. */
/* clang-format off */
#define PLAIN(name, is_write)       \
    void name(void *p);             \
    void name(void *p)              \
    {                               \
        note(p, is_write);          \
    }
#define SIZE(n)                             \
    PLAIN(__tsan_read##n, false)            \
    PLAIN(__tsan_write##n, true)            \
    PLAIN(__tsan_unaligned_read##n, false)  \
    PLAIN(__tsan_unaligned_write##n, true)
SIZE(1) SIZE(2) SIZE(4) SIZE(8) SIZE(16)
    /* clang-format on */

    void __tsan_read_range(void *p, unsigned long n);
void __tsan_write_range(void *p, unsigned long n);
void __tsan_read_range(void *p, unsigned long n)
{
    for (unsigned long i = 0; i < n; i += LINE_BYTES)
        note((char *)p + i, false);
}
void __tsan_write_range(void *p, unsigned long n)
{
    for (unsigned long i = 0; i < n; i += LINE_BYTES)
        note((char *)p + i, true);
}

/* Atomics are handed over whole. A failed exchange takes the line all the same. */
#define ATOMIC(bits, type)                                                                                   \
    type __tsan_atomic##bits##_load(const volatile type *p, int order);                                      \
    type __tsan_atomic##bits##_load(const volatile type *p, int order)                                       \
    {                                                                                                        \
        note(p, false);                                                                                      \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                         \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order);                                   \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order)                                    \
    {                                                                                                        \
        note(p, true);                                                                                       \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                            \
    }                                                                                                        \
    FETCH(bits, type, exchange, __atomic_exchange_n)                                                         \
    FETCH(bits, type, fetch_add, __atomic_fetch_add)                                                         \
    FETCH(bits, type, fetch_sub, __atomic_fetch_sub)                                                         \
    FETCH(bits, type, fetch_or, __atomic_fetch_or)                                                           \
    FETCH(bits, type, fetch_and, __atomic_fetch_and)                                                         \
    FETCH(bits, type, fetch_xor, __atomic_fetch_xor)                                                         \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *old, type v, int s, int f);    \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *old, type v, int s, int f)     \
    {                                                                                                        \
        note(p, true);                                                                                       \
        return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);            \
    }                                                                                                        \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *old, type v, int s, int f);      \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *old, type v, int s, int f)       \
    {                                                                                                        \
        note(p, true);                                                                                       \
        return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);            \
    }
#define FETCH(bits, type, name, builtin)                                                                     \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order);                                  \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order)                                   \
    {                                                                                                        \
        note(p, true);                                                                                       \
        return builtin(p, v, __ATOMIC_SEQ_CST);                                                              \
    }
ATOMIC(8, u8)
ATOMIC(16, u16)
ATOMIC(32, u32)
ATOMIC(64, u64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order) {}
