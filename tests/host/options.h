/* What the command line asked for. */
#pragma once
#include "arch/sim/explore.h"

struct options {
    const char *pattern, *token;
    const char *mutants; /* pattern of ids, or NULL */
    u32 compare_seeds;   /* 0: no comparison */
    struct exploration e;
    bool list, self_test;
};

/* Ends the program with a sentence and status 2 when something is wrong with it. */
void options_read(struct options *o, int argc, char **argv);
noreturn void complain(const char *what, const char *which);
