/* Are the time-stamp counters of two CPUs the same clock? */
#pragma once
#include "lib/types.h"
void tsc_compare(u32 cpu); /* on the boot CPU, while `cpu` runs tsc_answer() */
void tsc_answer(void);
void tsc_report(void); /* one line for all */
