/* The explorer against the mutants: see mutant_table.h. */
#include "tests/host/mutant_table.h"
#include "tests/host/mutant_list.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 256u

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool explore_row(const struct exploration *base, const struct mutant_row *row, const struct test *test,
                 struct findings *found)
{
    struct exploration e = *base;
    char words[WORDS_MAX];

    snprintf(words, sizeof words, "%s%s%s", row->words, base->words[0] ? " " : "", base->words);
    e.test = test;
    e.words = words;
    e.cpus = base->cpus ? base->cpus : MAX(test->cpus, 1u);
    e.quiet = true;
    explore(&e, found);
    return found->verdict != RUN_PASSED;
}

enum row_result { ROW_CAUGHT, ROW_SURVIVED, ROW_INTERRUPTED };

static enum row_result table_row(const struct exploration *base, const struct mutant_row *row)
{
    const struct test *const *t = mutant_next_test(row, NULL);
    double begun = now_seconds();
    struct findings found;
    u32 schedules = 0;

    if (!t)
        printf("%-5s %-30s no test of the host build\n", row->id, row->tests);
    for (; t; t = mutant_next_test(row, t)) {
        bool caught = explore_row(base, row, *t, &found);
        schedules += found.schedules;
        if (caught) {
            printf("%-5s %-30s %-10s %9u %6.1f  %.110s\n", row->id, (*t)->name, found.strategy, schedules,
                   now_seconds() - begun, found.sentence);
            return ROW_CAUGHT;
        }
        if (found.interrupted)
            return ROW_INTERRUPTED;
    }
    printf("%-5s %-30s %-10s %9u %6.1f  SURVIVED\n", row->id, row->tests, "-", schedules,
           now_seconds() - begun);
    return ROW_SURVIVED;
}

struct mutant_row *rows_with(const char *list, const char *pattern, const char *tests, u32 *n)
{
    struct mutant_row *rows = mutant_rows(list, pattern, n);

    for (u32 i = 0; i < *n && strcmp(tests, "*") != 0; i++)
        snprintf(rows[i].tests, sizeof rows[i].tests, "%s", tests);
    return rows;
}

int mutant_table(const struct exploration *base, const char *list, const char *pattern, const char *tests)
{
    u32 n, caught = 0, survived = 0;
    struct mutant_row *rows = rows_with(list, pattern, tests, &n);
    enum row_result result = ROW_CAUGHT;

    printf("%-5s %-30s %-10s %9s %6s  %s\n", "id", "test", "strategy", "schedules", "s", "caught by");
    for (u32 i = 0; i < n && result != ROW_INTERRUPTED; i++) {
        result = table_row(base, &rows[i]);
        caught += result == ROW_CAUGHT;
        survived += result == ROW_SURVIVED;
        fflush(stdout);
    }
    if (result == ROW_INTERRUPTED)
        printf("# interrupted: %u of %u mutants were tried\n", caught + survived, n);
    printf("%u passed, %u failed\n", caught, survived);
    free(rows);
    return result == ROW_INTERRUPTED ? 130 : survived != 0;
}
