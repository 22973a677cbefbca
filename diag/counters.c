/* Counters: each CPU adds to its own line; a sum is exact only while nothing counts, like /proc/vmstat's. */
#include "diag/counters.h"
#include "diag/assert.h"

PERCPU_DEFINE(counters);

const char *const counter_names[COUNTER_COUNT] = {
#define C(name) #name,
    COUNTERS(C)
#undef C
};

u32 counter_of(u32 cpu, enum counter c)
{
    assert(c < COUNTER_COUNT);
    return READ_ONCE(per_cpu(counters, cpu).n[c]);
}

u32 counter_sum(enum counter c)
{
    u32 sum = 0;
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        sum += counter_of(cpu, c);
    return sum;
}
