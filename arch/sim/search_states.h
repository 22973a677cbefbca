/* The states that the search comes to, as far as it has to tell them apart. */
#pragma once
#include "arch/sim/strategy.h"

/* The present one, and all that the default schedule goes by from here on. */
u64 search_state(const struct choice *c);
/* Was the present run in it before? */
bool search_in_circles(u64 state);
/* Has all that can follow, with `left` deviations, been gone through? From now on it counts as that. */
bool search_was_here(u64 state, u32 left);
