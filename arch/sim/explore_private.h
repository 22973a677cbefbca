/* What the explorer's files share with each other: the one exploration that is under way in this process. */
#pragma once
#include "arch/sim/explore.h"

extern const struct exploration *exploring; /* its parameters */
extern struct findings *findings;           /* what it found so far; shared with the runner's process */

/* ---- run.c ---- */
/* The test's allocation that is refused; 0: what the boot words say. */
extern u32 run_refuse;
/* Boots the machine, in this process, up to the pause before the test. */
void run_boot(void);
void run_boot_failed(void);
/* The run has ended: the sentence for its verdict; `otherwise` where nothing that it printed says more. */
void run_name_verdict(const char *otherwise);

/* ---- replay_trace.c: the kernel's own rings, for a replay ---- */
/* Before runs are made: every event is recorded from here on. */
void replay_trace_start(void);
/* The rings as the last run left them, for tools/trace. */
void replay_trace_save(const char *path);

/* ---- run_inplace.c, run_fork.c: one schedule ---- */
/* The machine has booted and rests: from here on runs are made. */
void run_prepare(void);
/* Runs the test under a schedule from there; true when it passed. What happened is in *run. */
bool run_schedule(const struct schedule *schedule);
/* The same in two halves, where the program can: run_continue() also returns when the run pauses, with the
 * verdict RUN_UNFINISHED. */
extern const bool run_can_pause;
void run_begin(const struct schedule *schedule);
void run_continue(void);

/* ---- explore.c ---- */
/* The same, counted; false when it failed, and then it is shortened and reported. */
bool try_schedule(const struct schedule *schedule, const char *strategy);
/* The run in *run failed under `schedule`: shortens and reports it. */
void found_failure(const struct schedule *schedule);

/* ---- budget.c ---- */
void budget_catch_interrupt(void);
/* Host time counts from here; and to there, in the findings. */
void budget_begin(void);
void budget_end(void);
/* No more schedules: count, time or Ctrl-C. */
bool out_of_budget(void);
/* A line on stderr about how far it is, once a second. */
void show_progress(const char *strategy, u32 bound);

/* ---- search.c: every schedule with at most `bound` deviations from the default ---- */
/* False when one failed. */
bool search_exhaustively(u32 bound);

/* ---- refusals.c: each allocation of the test refused once ---- */
/* False when a run failed. */
bool explore_refusals(void);

/* ---- shorten.c ---- */
/* Drops deviations that the failure does not need; the same verdict must come. */
void shorten(struct schedule *schedule, enum verdict verdict);
