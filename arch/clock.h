/* Time. One monotonic clock for all CPUs, from the TSC, calibrated at boot. */
#pragma once
#include "lib/types.h"

#define NS_PER_SEC 1000000000ull

u64 clock_ns(void); /* since boot, monotonic across CPUs */
u64 clock_cycles_to_ns(u64 cycles);
u64 clock_cycles_per_sec(void);
u64 clock_wall_seconds(void); /* seconds since 1970 at boot (CMOS), for CLOCK_REALTIME */
#define TICK_HZ 100u          /* the LAPIC timer's periodic rate */

/* Deterministic mode (seed=N): ends this CPU's slice after a pseudo-random time, so that a seed is a schedule
 * of the whole machine; nothing otherwise. Called at each race point and timer tick; any context. */
void clock_schedule_noise(void);
