/* tests/mutants.list as the explorer reads it. */
#pragma once
#include "tests/test.h"

struct mutant_row {
    char id[16];
    char tests[64];  /* a pattern */
    char words[128]; /* boot words: the mutant's, then the row's own */
    char sane[128];  /* the same without the mutant */
};

/* The rows whose id matches `pattern`, as an array of *n. Refuses (and ends the program) when there is none.
 */
struct mutant_row *mutant_rows(const char *path, const char *pattern, u32 *n);
/* The next test after `from` (NULL: the first) that the row names, or NULL. */
const struct test *const *mutant_next_test(const struct mutant_row *row, const struct test *const *from);
