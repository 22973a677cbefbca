/* A set of CPUs: 64 bits in two words, so that a bit can be set with one locked instruction. */
#pragma once
#include "arch/atomic.h"

#define MAX_CPUS 64u
struct cpumask {
    u32 w[MAX_CPUS / 32];
};

static inline bool cpumask_set(struct cpumask *m, u32 cpu)
{
    return atomic_bit_set(&m->w[cpu / 32], cpu % 32);
}
static inline bool cpumask_clear(struct cpumask *m, u32 cpu)
{
    return atomic_bit_clear(&m->w[cpu / 32], cpu % 32);
}
static inline bool cpumask_test(const struct cpumask *m, u32 cpu)
{
    return atomic_bit_test(&m->w[cpu / 32], cpu % 32);
}
static inline struct cpumask cpumask_of(u32 cpu)
{
    struct cpumask m = {{0}};
    m.w[cpu / 32] = 1u << (cpu % 32);
    return m;
}
static inline bool cpumask_empty(const struct cpumask *m)
{
    return (READ_ONCE(m->w[0]) | READ_ONCE(m->w[1])) == 0;
}
/* The lowest CPU in the set that is >= from, or MAX_CPUS. */
static inline u32 cpumask_next(const struct cpumask *m, u32 from)
{
    for (u32 cpu = from; cpu < MAX_CPUS; cpu = (cpu | 31) + 1) {
        u32 rest = READ_ONCE(m->w[cpu / 32]) >> (cpu % 32);
        if (rest)
            return cpu + (u32)__builtin_ctz(rest);
    }
    return MAX_CPUS;
}
/* How many CPUs are in it. */
static inline u32 cpumask_weight(const struct cpumask *m)
{
    u32 n = 0;
    for (u32 w = 0; w < MAX_CPUS / 32; w++)
        for (u32 rest = READ_ONCE(m->w[w]); rest != 0; rest &= rest - 1)
            n++;
    return n;
}
#define cpumask_for_each(cpu, m)                                                                             \
    for (u32 cpu = cpumask_next((m), 0); cpu < MAX_CPUS; cpu = cpumask_next((m), cpu + 1))
