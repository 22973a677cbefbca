/*
 * Load averages: how many tasks ran or wanted to, over about 1, 5 and 15 minutes. getloadavg(3).
 *
 * Each average forgets: every five seconds a part of what it was stays (e to the power of -5/60, -5/300,
 * -5/900), and the rest is how many there are now. Linux counts tasks in TASK_UNINTERRUPTIBLE too, for they
 * wait for disks there; here those are kernel tasks that wait for work, and would be a load that nobody feels.
 */
#include "arch/cpu.h"
#include "sched/runq.h"

#define HALF (LOAD_ONE / 2)

static const u32 stays[LOADS] = {1884, 2014, 2037}; /* of LOAD_ONE */
static u32 averages[LOADS];                         /* written by CPU 0's tick, read by anybody */

static u32 runnable(void)
{
    u32 n = 0;
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        const struct runq *q = runq_of(cpu);
        n += READ_ONCE(q->queued) + (READ_ONCE(q->running) != q->idle);
    }
    return n;
}

void load_tick(void)
{
    u64 now = (u64)runnable() * LOAD_ONE;

    for (u32 i = 0; i < LOADS; i++) {
        u64 mixed = averages[i] * (u64)stays[i] + now * (LOAD_ONE - stays[i]);
        WRITE_ONCE(averages[i], (u32)((mixed + HALF) / LOAD_ONE));
    }
}

u32 sched_load_average(u32 which)
{
    return READ_ONCE(averages[which]);
}
