/* `--self-test`: are the oracles and the tests of the machine able to fail? */
#pragma once
#include "arch/sim/explore.h"

/* Prints a line for each planted mistake; 1 when one went unnoticed. */
int self_test(const struct exploration *base);
