/* `--mutants`: each row of tests/mutants.list under the explorer. No test knows which mutant it faces. */
#pragma once
#include "arch/sim/explore.h"

struct mutant_row;
/* One row with one test, up to the first failure, in silence. True when there was one. */
bool explore_row(const struct exploration *base, const struct mutant_row *row, const struct test *test,
                 struct findings *found);
/* The rows of the list whose id matches, with `tests` in place of their own unless it is "*": a scenario that
 * forces no race shows more of a strategy than the one that forces this. To be freed. */
struct mutant_row *rows_with(const char *list, const char *pattern, const char *tests, u32 *n);

/*
 * `tests`: "*", or a pattern of tests to use in place of the rows' own.
 * Explores every mutant whose id matches `pattern` with the parameters of `base` and prints a table: who
 * noticed it, by what, after how many schedules. Returns the exit status: 1 when a mutant survived.
 */
int mutant_table(const struct exploration *base, const char *list, const char *pattern, const char *tests);
/*
 * The strategies beside each other: every mutant, each strategy, seeds 1 to `seeds`; the schedules up to the
 * first failure, as a median. Returns 0: it is a measurement.
 */
int strategy_table(const struct exploration *base, const char *list, const char *pattern, const char *tests,
                   u32 seeds);
