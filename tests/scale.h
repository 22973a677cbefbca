/* scale=N repeats the long tests N times as often: the suite's bounded rounds become the seeds' 10^6 and
 * 10^7. */
#pragma once
#include "lib/types.h"
extern u32 test_scale; /* at least 1 */
