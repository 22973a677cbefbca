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

/* Up to the first failure, in silence. True when there was one. */
static bool explore_row(const struct exploration *base, const struct mutant_row *row, const struct test *test,
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

/* A scenario that forces no race shows more of a strategy than the one that forces this. */
static struct mutant_row *rows_with(const char *list, const char *pattern, const char *tests, u32 *n)
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

/* ---- the comparison ---- */

static int by_size(const void *a, const void *b)
{
    return (*(const u32 *)a > *(const u32 *)b) - (*(const u32 *)a < *(const u32 *)b);
}

/* Prints the median of the schedules needed; ">N" where the median seed found nothing. False: interrupted. */
static bool compare_cell(const struct exploration *base, const struct mutant_row *row,
                         const struct test *test, u32 seeds)
{
    u32 *needed = calloc(seeds, sizeof *needed);
    struct exploration e = *base;
    e.drawn_only = true;
    struct findings found = {.verdict = RUN_PASSED};

    for (u32 i = 0; i < seeds && !found.interrupted; i++) {
        e.seed = 1 + i * e.schedules;
        needed[i] = explore_row(&e, row, test, &found) ? found.schedules : ~0u;
    }
    qsort(needed, seeds, sizeof *needed, by_size);
    u32 median = needed[(seeds - 1) / 2];
    if (median == ~0u)
        printf(" %10s%u", ">", base->schedules);
    else
        printf(" %12u", median);
    fflush(stdout);
    free(needed);
    return !found.interrupted;
}

/* A scenario may hold only when its race is forced (BOOT=unforced=1): that says nothing of a mutant. */
static bool holds_without(const struct exploration *base, const struct mutant_row *row,
                          const struct test *test)
{
    struct mutant_row sane = *row;
    struct findings found;
    struct exploration e = *base;

    snprintf(sane.words, sizeof sane.words, "%s", row->sane);
    e.how = EXPLORE_RANDOM;
    return !explore_row(&e, &sane, test, &found);
}

/* The first test of a row that a strategy can be measured with. */
static const struct test *measurable(const struct exploration *base, const struct mutant_row *row)
{
    for (const struct test *const *t = mutant_next_test(row, NULL); t; t = mutant_next_test(row, t))
        if ((*t)->cpus > 1 && holds_without(base, row, *t))
            return *t;
    return NULL;
}

int strategy_table(const struct exploration *base, const char *list, const char *pattern, const char *tests,
                   u32 seeds)
{
    static const struct {
        const char *name;
        u32 how, depth;
    } columns[] = {{"random", EXPLORE_RANDOM, 0},
                   {"pct d=2", EXPLORE_PCT, 2},
                   {"pct d=3", EXPLORE_PCT, 3},
                   {"exhaustive", EXPLORE_EXHAUSTIVE, 0}};
    u32 n;
    struct mutant_row *rows = rows_with(list, pattern, tests, &n);
    bool go_on = true;

    printf("%-5s", "id");
    for (u32 c = 0; c < ARRAY_SIZE(columns); c++)
        printf(" %12s", columns[c].name);
    printf("   (schedules to the first failure, median of %u seeds)\n", seeds);
    for (u32 i = 0; i < n && go_on; i++) {
        const struct test *t = measurable(base, &rows[i]);
        printf("%-5s", rows[i].id);
        if (!t) {
            printf(" holds only where it is forced\n");
            continue;
        }
        for (u32 c = 0; c < ARRAY_SIZE(columns) && go_on; c++) {
            struct exploration e = *base;
            e.how = columns[c].how;
            e.depth = columns[c].depth;
            if (e.how == EXPLORE_EXHAUSTIVE) /* its schedules are short, and one search is enough */
                e.schedules *= 100;
            go_on = compare_cell(&e, &rows[i], t, e.how == EXPLORE_EXHAUSTIVE ? 1 : seeds);
        }
        putchar('\n');
    }
    free(rows);
    return go_on ? 0 : 130;
}
