/* What the explorer's files share with each other: the one exploration that is under way in this process. */
#pragma once
#include "arch/sim/explore.h"

extern const struct exploration *exploring; /* its parameters */
extern struct findings *findings;           /* what it found so far; shared with the runner's process */

/* ---- run.c: one schedule ---- */
/* Boots the machine, in this process, up to the pause before the test. */
void run_boot(void);
/* Runs the test under a schedule in a child process; true when it passed. What happened is in *run. */
bool run_schedule(const struct schedule *schedule);

/* ---- explore.c ---- */
/* The same, counted; false when it failed, and then it is shortened and reported. */
bool try_schedule(const struct schedule *schedule, const char *strategy);
/* The run in *run failed under `schedule`: shortens and reports it. */
void found_failure(const struct schedule *schedule);
/* No more schedules: count, time or Ctrl-C. */
bool out_of_budget(void);

/* ---- search.c: every schedule with at most `bound` deviations from the default, each exactly once ---- */
/* False when one failed. */
bool search_exhaustively(u32 bound);

/* ---- shorten.c ---- */
/* Drops deviations that the failure does not need; the same verdict must come. */
void shorten(struct schedule *schedule, enum verdict verdict);
