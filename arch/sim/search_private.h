/* The two halves of the exhaustive search: search_pick.c decides on the run's fibers, search.c on the host.
 */
#pragma once
#include "arch/sim/checkpoint.h"

#define OPTIONS_MAX (3u * SIM_CPUS_MAX)

/* A place of the present run where something is left to try. */
struct node {
    struct checkpoint at;
    u8 options[OPTIONS_MAX]; /* decisions that are left to try */
    u32 option_n;
    u32 left; /* deviations, before any of them */
    u64 state;
    double schedules; /* that go on from here, as far as they were run or are known */
};

/* Between the halves; no hooks, so a checkpoint takes nothing of it back. */
extern struct search_now {
    u32 left;            /* deviations that the present run may still make */
    u32 decision;        /* what the search answers to the pause */
    struct node *wanted; /* the pause asks for this one to be filled */
    u64 known;           /* the state where the present run ended, if it ended at a known one */
} search_now;
