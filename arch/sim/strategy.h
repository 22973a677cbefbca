/*
 * Strategies: who runs next at a choice point. Each is a function of its parameters and of what the run did
 * so far, of nothing else. A decision is a CPU, and what happens to it there: its timer interrupt comes now
 * (t), or the interrupts that are on their way to it take longer (d).
 *
 *   usual          the default schedule: no preemption but the end of a turn
 *   random:SEED    leaves the default with a probability that the seed draws, too
 *   pct:D:SEED     probabilistic concurrency testing: random priorities, lowered at D-1 random steps
 *                  (Burckhardt et al., ASPLOS 2010: finds a bug of depth D with probability >= 1/(n k^(D-1)))
 *   list:S:C,...   the default except that at step S CPU C runs on, or C with t or d behind it: what the
 *                  exhaustive search finds, what shortening works on, how any schedule can be written down
 *   search         the exhaustive search decides (search.c)
 *
 * In front of any of them forget:SEED: makes the TLBs forgetful: the processor may drop an entry at any time,
 * and whoever relies on a translation that he has just used is wrong.
 */
#pragma once
#include "arch/sim/run.h"

enum strategy_kind { STRATEGY_USUAL, STRATEGY_RANDOM, STRATEGY_PCT, STRATEGY_LIST, STRATEGY_SEARCH };

struct deviation {
    u32 step;
    u32 chosen; /* a CPU, with CHOSEN_TICK or CHOSEN_DEAF */
};

/* What is known at a choice point. */
struct choice {
    u32 step;
    enum step_kind kind;
    const volatile void *addr; /* what is about to be touched, or NULL */
    bool reads;                /* it is not written to */
    u32 ip, caller;
    u32 here;    /* who stands here */
    u32 enabled; /* bit for each CPU that can run */
    u32 usual;   /* whom the default schedule lets run on */
};

struct schedule {
    enum strategy_kind kind;
    u64 seed;
    u32 depth;  /* pct: D */
    u32 forget; /* not 0: TLBs drop entries now and then, as this seed says */
    u32 length; /* pct: steps of the default run, from which the change points are drawn */
    u32 count;  /* list */
    struct deviation *list;
};

void strategy_begin(const struct schedule *schedule, u32 cpus);
u32 strategy_pick(const struct choice *c);
/* Where only one CPU can go on, nothing is to be decided before this step (~0: for good). */
u32 strategy_idle_until(void);
/* A step for which strategy_pick() was not asked. */
void strategy_saw(const volatile void *addr, u32 cpu, bool writes);
/* A WRITE_ONCE, which is no step. */
void strategy_told(const volatile void *addr);
/* Is there anything that could be done to an enabled CPU's interrupts here? 0, CHOSEN_TICK, CHOSEN_DEAF or
 * both. */
u32 strategy_interrupts(u32 cpu);

/* Writes the schedule as above; returns the length. */
int schedule_print(char *text, size_t size, const struct schedule *schedule);
/* Reads it; NULL, or what is wrong with it in words. Allocates the list. */
const char *schedule_parse(const char *text, struct schedule *schedule);
/* The deviations that a recorded run made from its default schedule, as a list. */
void schedule_of_run(const struct run *r, struct schedule *schedule);
