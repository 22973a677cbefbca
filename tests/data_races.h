/* What the watchpoints found while a test ran (RACES=1; diag/watchpoints.h). */
#pragma once
#include "lib/types.h"

/* Notes each of the test's `n` data races, as far as they were kept; false when there are any. */
bool data_races_tell(u32 n);
