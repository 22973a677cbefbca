/* Counters: each CPU adds to its own line; a sum is exact only while nothing counts, like /proc/vmstat's. */
#include "diag/counters.h"
#include "diag/assert.h"

PERCPU_DEFINE(counters);

const char *const counter_names[COUNTER_COUNT] = {
#define C(name) #name,
    COUNTERS(C)
#undef C
};

u32 counter_sum(enum counter c)
{
    u32 sum = 0;
    assert(c < COUNTER_COUNT);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        sum += READ_ONCE(per_cpu(counters, cpu).n[c]);
    return sum;
}
