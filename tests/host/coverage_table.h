/* The exhaustive search over every scenario, a row each: how far it comes, and how fast. */
#pragma once
#include "arch/sim/explore.h"

/* For the scenarios of tests/smp on more than one CPU whose names match; returns the program's status. */
int coverage_table(const struct exploration *base, const char *pattern);
