/*
 * The exhaustive search: depth first over the decisions at choice points, with the machine brought back to a
 * checkpoint (checkpoint.h) instead of every run made from its start.
 */
#pragma once
#include "arch/sim/strategy.h"

/* On a fiber: the decision at this choice point. Pauses the run where there is more than one; the search
 * lets it go on with each of them. */
u32 search_pick(const struct choice *c);
/* Steps that need no decision tell who touches what, too. */
void search_saw(const volatile void *addr, u32 cpu, bool writes);
bool search_varies_interrupts(void);
