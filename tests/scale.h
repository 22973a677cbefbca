/*
 * How often the long tests repeat. The rows of the seeds name counts of 10^5 to 10^7; a test says both that
 * count and a brief one, which every smp-test has the time for. counts=full chooses (make seeds-full);
 * scale=N repeats the brief count N times.
 */
#pragma once
#include "lib/types.h"
u32 test_count(u32 brief, u32 full);
/* With counts=full: limits of guest time are this many times as long; else 1. */
u32 test_patience(void);
/* With counts=full: a note for each tenth of `all` that is done. One task of a test calls it, after each
 * step. */
void test_progress(u32 done, u32 all);
