/* Times between the clock's nanoseconds and user space's structures, old (32 bit) and new (64 bit). */
#pragma once
#include "lib/types.h"
/* struct timespec as nanoseconds, cut at about 584 years. 0, -EFAULT or -EINVAL (negative, or tv_nsec too
 * large). */
int user_time_load(vaddr_t from, bool time64, u64 *ns);
/* The reverse. 0 or -EFAULT. */
int user_time_store(vaddr_t to, bool time64, u64 ns);
/* A moment of CLOCK_REALTIME as one of clock_ns(); the past gives 0. */
u64 time_from_wall(u64 wall_ns);
