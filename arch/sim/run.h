/*
 * One run of one schedule, in memory that the explorer shares with the child process which runs it: whatever
 * happens to the child, what it did up to then can be read and printed.
 */
#pragma once
#include "lib/compiler.h"

#define SIM_CPUS_MAX  8u
#define RUN_STEPS_MAX (1u << 22)
#define RUN_LOG_MAX   (64u << 10)

enum step_kind {
    STEP_ATOMIC, /* an atomic, a lock operation, a race point: choice_point() */
    STEP_PTE,    /* the kernel reads or writes a page-table entry */
    STEP_WALK,   /* the processor's page walk */
    STEP_USER,   /* user memory, between translation and access */
    STEP_TLB,    /* a flush or a CR3 load */
    STEP_IRQ_ON, /* interrupts come on */
    STEP_SPIN,   /* cpu_relax */
    STEP_HALT,   /* waits for an interrupt */
    STEP_IPI,
};

#define CHOSEN_CPU  0x07u
#define CHOSEN_TICK 0x08u /* its timer interrupt came at once */
#define CHOSEN_DEAF 0x10u /* what was on its way to it took longer */

/* One choice point that was passed. */
struct step {
    u32 ip, caller; /* where, and who called that */
    u32 addr;       /* what it is about to touch, or 0 */
    u8 cpu;         /* who stood here */
    u8 chosen;      /* who ran on: CHOSEN_CPU, and what was done to its interrupts */
    u8 usual;       /* whom the default schedule lets run on */
    u8 enabled;     /* bit per CPU that could */
    u8 kind;        /* enum step_kind */
    s32 pid;
};

enum verdict {
    RUN_UNFINISHED, /* it pauses; of a child process: it died without a word, and the signal is the verdict */
    RUN_PASSED,
    RUN_FAILED,  /* the test's own checks */
    RUN_BROKEN,  /* an oracle, a panic, a deadlock: `sentence` says which */
    RUN_ENDLESS, /* the step limit */
    RUN_KNOWN,   /* came to a state from which all was seen before: search.c */
};

struct run {
    u32 verdict;
    char sentence[400];
    u32 steps;
    u32 log_bytes;
    u32 max_live; /* CPUs that ever ran something: for reports */
    u32 refused;  /* who asked for the allocation that was refused (tests/refusal.h); 0: none was */
    u32 asked;    /* allocations of the test */
    u32 leaked;   /* by the test, where one was to be refused */
    char log[RUN_LOG_MAX];
    struct step step[RUN_STEPS_MAX];
};
extern struct run *run; /* the present one */

/* For sim_fail(): an address of code; who reads the sentence gets the source line instead. */
#define PLACE "@%#x"
/* Ends the run: the sentence becomes its verdict. From any fiber. */
noreturn cold void sim_fail(const char *fmt, ...) printf_like(1, 2);
noreturn void run_finish(enum verdict verdict);
/* A host signal in the run's own code: becomes its verdict when the handler returns (true), or is none of
 * it. */
bool run_crashed(int signal_number, void *context);
void run_log(const char *text, size_t n);
