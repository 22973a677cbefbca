/*
 * The explorer: runs one test under many schedules, each from the same machine that has booted and rests just
 * before the test.
 */
#pragma once
#include "arch/sim/strategy.h"
#include "tests/test.h"

struct exploration {
    const struct test *test;
    u32 cpus;
    const char *words; /* boot words */
    enum { EXPLORE_AUTO, EXPLORE_ONE, EXPLORE_RANDOM, EXPLORE_PCT, EXPLORE_EXHAUSTIVE, EXPLORE_REFUSALS } how;
    struct schedule one; /* EXPLORE_ONE: this schedule alone */
    u32 seed;            /* first seed of random and pct */
    u32 schedules;       /* at most so many */
    u32 depth;           /* pct */
    u32 bound;           /* exhaustive: deviations from the default schedule */
    u32 seconds;       /* host time, 0: no limit; only how much is explored depends on it, never a verdict */
    bool by_processor; /* `seconds` of the processor: for figures, which a loaded host must not change */
    u32 drawn;         /* refusals: so many drawn schedules beside the default one */
    u32 steps;         /* a run of more choice points is called endless */
    bool shorten;      /* look for a failing schedule with fewer deviations */
    bool progress;     /* a line about it on stderr */
    bool quiet;        /* no report, no shortening: the findings are enough */
    bool forgetful;    /* random and pct: TLB entries go now and then without a flush */
    bool drawn_only;   /* random and pct: the default schedule is not one of those tried */
    const char *trace; /* a file for the trace rings of the last run, all events on; or NULL */
    u32 repeat;        /* EXPLORE_ONE: so many times, and each time to the letter the same */
    bool unreduced;    /* exhaustive: states that were seen before are gone through again */
    bool here;         /* in this process, for a debugger */
    bool interrupts;   /* exhaustive: early ticks and late interrupts are deviations, too */
};

struct findings {
    u32 verdict;       /* RUN_PASSED, or that of the first schedule that failed */
    u32 schedules;     /* run in all, shortening excluded */
    u32 bound_done;    /* exhaustive: all schedules with so many deviations were run; ~0: none */
    u32 known;         /* exhaustive: of them, those that came to a state seen before */
    u32 outcomes;      /* exhaustive: different states in which runs ended */
    u32 states;        /* exhaustive: different states at the places where it looks */
    u32 pass_runs;     /* exhaustive: runs of the pass that decided most, and ... */
    double decided;    /* ... how many schedules they stand for, with up to its bound of deviations */
    u32 disagreements; /* exhaustive: states below which there were not always as many */
    double seconds;    /* of the host's processor */
    u32 max_steps;
    u32 refusals; /* refusals: allocations refused, in all schedules */
    u32 leaked;   /* refusals: frames, objects and pages that tests did not give back */
    u32 sites;    /* refusals: who asked for them, and how often that was refused */
    struct {
        u32 ip, times;
    } site[128];
    char strategy[16]; /* what found it: usual, random, pct or exhaustive */
    bool interrupted;  /* by Ctrl-C: what is said is what was covered */
    bool died;         /* no machine, no report: `sentence` is all there is */
    bool complete;     /* exhaustive: nothing left within the bound */
    char sentence[400];
    char schedule[512]; /* the failing schedule as it was found, or "" where it does not fit */
};

/* Boots and explores in a process of its own. The report of a failure (with its token) goes to stdout as TAP
 * comments. */
void explore(const struct exploration *e, struct findings *found);
/* A hash of all sources, made by host.mk: another build has other choice points, so its tokens mean nothing
 * here. */
extern const u32 host_build_id;
/* Prints a failed run: the sentence, the schedule in columns, the token. arch/sim/report.c. */
void report_run(const struct exploration *e, const struct run *r, const struct schedule *found,
                const struct schedule *shortest);
