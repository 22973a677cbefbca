/* What the command line asked for. */
#pragma once
#include "arch/sim/explore.h"

struct options {
    const char *pattern, *token;
    const char *mutants; /* pattern of ids, or NULL */
    u32 compare_seeds;   /* 0: no comparison */
    struct exploration e;
    bool list, self_test;
    bool refusals, coverage;
};

/* Ends the program with a sentence and status 2 when something is wrong with it. */
void options_read(struct options *o, int argc, char **argv);
noreturn void complain(const char *what, const char *which);
/* The number, or the end of the program with a sentence. */
u32 option_number(const char *option, const char *text, u32 least, u32 most);
/* Makes the options those of the run that the token names. */
void token_read(struct options *o, const char *token);
