/* ITIMER_REAL: one alarm clock a process. */
#pragma once
#include "sys/process/process.h"
/* Arms it to expire in `first` ns (0: off), then every `interval`. The former values come back. Task context.
 */
void itimer_set(struct process *process, u64 first, u64 interval, u64 *old_left, u64 *old_interval);
