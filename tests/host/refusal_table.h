/* Every scenario with each of its allocations refused (tests/refusal.h): TAP, and a table of who was refused.
 */
#pragma once
#include "arch/sim/explore.h"

/* For the scenarios of tests/smp whose names match; returns the program's status. */
int refusal_table(const struct exploration *base, const char *pattern);
