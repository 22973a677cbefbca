/*
 * Sleep sets (Godefroid, 1996), for two CPUs. A CPU that is taken away before a step sleeps: what it would do
 * first when it came back was gone through already, with the switch behind it, at no higher price. Only when
 * the other CPU has touched a location of that step, so that the order of the two matters, it wakes; and a
 * run in which the sleeper would have to go on before that is one that was seen.
 *
 * A step reaches from one choice point at which the search asks to the next, so it is a set of locations:
 * those of order.h, learned when the step was made for the first time.
 */
#pragma once
#include "lib/types.h"

#define STEP_LOCATIONS 14u /* a step of more is never one to sleep before */

struct sleep_step {
    u32 n;
    u32 location[STEP_LOCATIONS]; /* bit 0: it writes there */
    bool known;                   /* from its beginning to its end */
};

/* Somebody sleeps, or a step is being learned: order.c tells of every access. */
extern bool sleep_watching;
void sleep_touched(u32 location, bool writes);

/* At a place of the search: the running CPU begins a step, which reads `location` in any case. */
void sleep_learn(u32 location);
/* The step ends here; `again`: the search can take the CPU away here as well. Into *step if one is learned.
 */
void sleep_learned(struct sleep_step *step, bool again);

/* A run goes on with another CPU than this one, which stands before `step`; ~0: nobody sleeps. */
void sleep_put(u32 cpu, const struct sleep_step *step);
/* Who sleeps; ~0: nobody. */
u32 sleep_who(void);
