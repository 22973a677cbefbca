/* The strategies beside each other, on every mutant: see mutant_table.h. */
#include "tests/host/mutant_list.h"
#include "tests/host/mutant_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What a row's strategies are measured with. */
struct ground {
    const struct test *test;
    bool forced;
    char words[160];
    char why[160]; /* why it is no better one */
};

/* Does the scenario hold without the mutant? If not, its failures say nothing. */
static bool holds_without(const struct exploration *base, const struct mutant_row *row,
                          const struct test *test, struct findings *found)
{
    struct mutant_row sane = *row;
    struct exploration e = *base;

    snprintf(sane.words, sizeof sane.words, "%s", row->sane);
    e.how = EXPLORE_RANDOM;
    return !explore_row(&e, &sane, test, found);
}

/* Best is a scenario in which nobody waits at race points: it is the strategy that has to find the race. Many
 * hold only if they have met theirs; then it is measured as it is. False: neither way. */
static bool find_ground(const struct exploration *base, const struct mutant_row *row, struct ground *ground)
{
    static const char *const words[] = {"unforced=1", ""};
    struct findings found;

    *ground = (struct ground){.why = "one task on one CPU: nothing to schedule"};
    for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
        for (const struct test *const *t = mutant_next_test(row, NULL); t; t = mutant_next_test(row, t)) {
            struct exploration e = *base;
            if ((*t)->cpus < 2)
                continue;
            snprintf(ground->words, sizeof ground->words, "%s %s", words[i], base->words);
            e.words = ground->words;
            ground->test = *t;
            ground->forced = i;
            if (holds_without(&e, row, *t, &found))
                return true;
            snprintf(ground->why, sizeof ground->why, "%s: %.120s", i ? "forced" : "forced, for unforced",
                     found.sentence);
        }
    }
    return false;
}

static const struct column {
    const char *name;
    u32 how, depth;
} columns[] = {{"random", EXPLORE_RANDOM, 0},
               {"pct d=2", EXPLORE_PCT, 2},
               {"pct d=3", EXPLORE_PCT, 3},
               {"exhaustive", EXPLORE_EXHAUSTIVE, 0}};

/* False: interrupted. */
static bool compare_row(const struct exploration *base, const struct mutant_row *row, u32 seeds)
{
    struct ground ground;
    bool go_on = true;

    printf("%-5s", row->id);
    if (!find_ground(base, row, &ground)) {
        printf(" %s\n", ground.why);
        return true;
    }
    for (u32 c = 0; c < ARRAY_SIZE(columns) && go_on; c++) {
        struct exploration e = *base;
        e.words = ground.words;
        e.how = columns[c].how;
        e.depth = columns[c].depth;
        if (e.how == EXPLORE_EXHAUSTIVE) /* its schedules are short, and one search is enough */
            e.schedules *= 100;
        go_on = compare_cell(&e, row, ground.test, e.how == EXPLORE_EXHAUSTIVE ? 1 : seeds);
    }
    printf("   %s%s%s\n", ground.test->name, ground.forced ? "; " : "", ground.forced ? ground.why : "");
    return go_on;
}

int strategy_table(const struct exploration *base, const char *list, const char *pattern, const char *tests,
                   u32 seeds)
{
    u32 n;
    struct mutant_row *rows = rows_with(list, pattern, tests, &n);
    bool go_on = true;

    printf("%-5s", "id");
    for (u32 c = 0; c < ARRAY_SIZE(columns); c++)
        printf(" %12s", columns[c].name);
    printf("   (schedules to the first failure, median of %u seeds)\n", seeds);
    for (u32 i = 0; i < n && go_on; i++)
        go_on = compare_row(base, &rows[i], seeds);
    free(rows);
    return go_on ? 0 : 130;
}
