/* Times between the clock's nanoseconds and user space's structures, old (32 bit) and new (64 bit). */
#pragma once
#include "sys/time/interval.h"

/* clock_gettime(2)'s numbers. */
enum {
    CLOCK_REALTIME,
    CLOCK_MONOTONIC,
    CLOCK_PROCESS_CPU,
    CLOCK_THREAD_CPU,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_BOOTTIME,
    CLOCK_TAI = 11 /* nobody told us the leap seconds */
};

/* struct timespec as nanoseconds, cut at about 292 years. 0, -EFAULT or -EINVAL (negative, or tv_nsec too
 * large). */
int user_time_load(vaddr_t from, bool time64, u64 *ns);
/* The reverse. 0 or -EFAULT. */
int user_time_store(vaddr_t to, bool time64, u64 ns);
/* struct itimerspec: the same results. */
int user_timer_load(vaddr_t from, bool time64, struct interval *to);
int user_timer_store(vaddr_t to, bool time64, const struct interval *from);
/* A moment of CLOCK_REALTIME as one of clock_ns(); the past gives 0. */
u64 time_from_wall(u64 wall_ns);
/* The same of any clock that counts on while nobody runs. */
u64 time_from_clock(u32 clock, u64 ns);
