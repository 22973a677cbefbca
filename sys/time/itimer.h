/* Interval timers: ITIMER_REAL, one alarm clock a process; and two that count its processor time. */
#pragma once
#include "sys/process/process.h"
/* Arms it to expire in `first` ns (0: off), then every `interval`. The former values come back. Task context.
 */
void itimer_set(struct process *process, u64 first, u64 interval, u64 *old_left, u64 *old_interval);

/* Of processor time, in ns; `which` 0 is ITIMER_VIRTUAL, 1 ITIMER_PROF. Each takes signal_lock. */
void cpu_timer_set(struct process *process, u32 which, u64 first, u64 interval);
void cpu_timer_read(struct process *process, u32 which, u64 *left, u64 *interval);
/* After a change of what counts: shall ticks look? Under signal_lock, or (limits) process_lock: both only
 * make the tick look once more or once less. */
void cpu_timer_watch(struct process *process);
void cpu_timer_init(void);
