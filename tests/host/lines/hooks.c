/* What gcc calls for each access (the interface of its thread sanitizer), and the books kept of them. */
#include "arch/cpu.h"
#include "arch/sim/machine.h"
#include "tests/host/lines/lines.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE        64u
#define FAULTS      64u
#define WRITTEN_MAX 256u
#define TOUCHED_MAX (1u << 16) /* a power of two: an open hash table */

static struct {
    uintptr_t line[WRITTEN_MAX];
    u32 n;
} written[SIM_CPUS_MAX][FAULTS];
static struct {
    uintptr_t line; /* 0: free */
    u32 cpus;       /* whose faults touched it */
} touched[TOUCHED_MAX];
static s32 fault_of[SIM_CPUS_MAX] = {[0 ... SIM_CPUS_MAX - 1] = -1};
static int out = -1;

/* Every run is a child whose output goes elsewhere. */
__attribute__((constructor)) static void keep_output(void)
{
    out = dup(STDOUT_FILENO);
}

void lines_print(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vdprintf(out, fmt, args);
    va_end(args);
}

void lines_begin(u32 fault)
{
    fault_of[cpu_id()] = (s32)fault;
}
void lines_end(void)
{
    fault_of[cpu_id()] = -1;
}

static u32 *cpus_of(uintptr_t line)
{
    u32 at = (u32)(line / LINE * 2654435761u) % TOUCHED_MAX;

    for (u32 tries = 0; tries < TOUCHED_MAX; tries++, at = (at + 1) % TOUCHED_MAX) {
        if (touched[at].line == 0)
            touched[at].line = line;
        if (touched[at].line == line)
            return &touched[at].cpus;
    }
    abort(); /* more lines than faults touch */
}

/* What stands for the processor itself: on a machine these are registers, or lines of one CPU each. */
static bool is_processor(uintptr_t at)
{
#define WITHIN(object) (at - (uintptr_t) & (object) < sizeof(object))
    return WITHIN(sim_locals) || WITHIN(sim_cpu_now) || WITHIN(sim_irqs_on);
}

static void note_written(u32 cpu, u32 fault, uintptr_t line)
{
    for (u32 i = 0; i < written[cpu][fault].n; i++)
        if (written[cpu][fault].line[i] == line)
            return;
    if (written[cpu][fault].n == WRITTEN_MAX)
        abort();
    written[cpu][fault].line[written[cpu][fault].n++] = line;
}

static void note_access(const volatile void *p, u32 size, bool write)
{
    uintptr_t at = (uintptr_t)p, end = at + size;
    u32 cpu = sim_cpu_now->id;

    if (fault_of[cpu] < 0 || is_processor(at))
        return;
    for (uintptr_t line = at & ~(uintptr_t)(LINE - 1); line < end; line += LINE) {
        *cpus_of(line) |= 1u << cpu;
        if (write)
            note_written(cpu, (u32)fault_of[cpu], line);
    }
}

u32 lines_shared(u32 cpu, u32 fault)
{
    u32 n = 0;

    for (u32 i = 0; i < written[cpu][fault].n; i++)
        n += (*cpus_of(written[cpu][fault].line[i]) & ~(1u << cpu)) != 0;
    return n;
}

/* ---- gcc's interface ---- */

void __tsan_init(void);
void __tsan_init(void) {}
#define PLAIN(bytes)                                                                                         \
    void __tsan_read##bytes(void *p);                                                                        \
    void __tsan_write##bytes(void *p);                                                                       \
    void __tsan_read##bytes(void *p)                                                                         \
    {                                                                                                        \
        note_access(p, bytes, false);                                                                        \
    }                                                                                                        \
    void __tsan_write##bytes(void *p)                                                                        \
    {                                                                                                        \
        note_access(p, bytes, true);                                                                         \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
void __tsan_read_range(void *p, unsigned long n);
void __tsan_write_range(void *p, unsigned long n);
void __tsan_read_range(void *p, unsigned long n)
{
    note_access(p, (u32)n, false);
}
void __tsan_write_range(void *p, unsigned long n)
{
    note_access(p, (u32)n, true);
}

#define ATOMIC(bits, type)                                                                                   \
    type __tsan_atomic##bits##_load(const volatile type *p, int order);                                      \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order);                                   \
    type __tsan_atomic##bits##_exchange(volatile type *p, type v, int order);                                \
    type __tsan_atomic##bits##_fetch_add(volatile type *p, type v, int order);                               \
    type __tsan_atomic##bits##_fetch_and(volatile type *p, type v, int order);                               \
    type __tsan_atomic##bits##_fetch_or(volatile type *p, type v, int order);                                \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *old, type v, int won,          \
                                                      int lost);                                             \
    type __tsan_atomic##bits##_load(const volatile type *p, int order)                                       \
    {                                                                                                        \
        note_access(p, sizeof *p, false);                                                                    \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                         \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order)                                    \
    {                                                                                                        \
        note_access(p, sizeof *p, true);                                                                     \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                            \
    }                                                                                                        \
    type __tsan_atomic##bits##_exchange(volatile type *p, type v, int order)                                 \
    {                                                                                                        \
        note_access(p, sizeof *p, true);                                                                     \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                                  \
    }                                                                                                        \
    type __tsan_atomic##bits##_fetch_add(volatile type *p, type v, int order)                                \
    {                                                                                                        \
        note_access(p, sizeof *p, true);                                                                     \
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    type __tsan_atomic##bits##_fetch_and(volatile type *p, type v, int order)                                \
    {                                                                                                        \
        note_access(p, sizeof *p, true);                                                                     \
        return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    type __tsan_atomic##bits##_fetch_or(volatile type *p, type v, int order)                                 \
    {                                                                                                        \
        note_access(p, sizeof *p, true);                                                                     \
        return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);                                                    \
    }                                                                                                        \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *old, type v, int won,          \
                                                      int lost)                                              \
    {                                                                                                        \
        note_access(p, sizeof *p, true);                                                                     \
        return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);            \
    }
ATOMIC(8, u8)
ATOMIC(32, u32)
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
