/* See coverage_table.h. The table of notes/exploring.md is this one's output. */
#include "tests/host/coverage_table.h"
#include "lib/string.h"
#include "tests/host/options.h"
#include <stdio.h>
#include <string.h>

static bool is_row(const struct test *test, const char *pattern)
{
    static const char folder[] = "tests/smp/";

    return strncmp(test->file, folder, sizeof folder - 1) == 0 && test->cpus > 1 &&
           test->cpus <= SIM_CPUS_MAX && glob_match(pattern, test->name);
}

/* 1234567 as 1,234,567. */
static void print_number(double n)
{
    char digits[40];
    int length = snprintf(digits, sizeof digits, "%.0f", n);

    printf(" | ");
    for (int i = 0; i < length; i++)
        printf("%s%c", i && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

static void print_row(const struct exploration *e, const struct findings *f)
{
    double seconds = MAX(f->seconds, 0.01); /* what the host counts in */

    printf("| %s", e->test->name);
    print_number(e->test->cpus);
    if (f->verdict != RUN_PASSED)
        printf(" | failed: %s |\n", f->sentence);
    else if (f->complete)
        printf(" | %u", e->bound);
    else if (f->bound_done != ~0u)
        printf(" | %u, then %.0f s", f->bound_done, f->seconds);
    else
        printf(" | none in %.0f s", f->seconds);
    if (f->verdict == RUN_PASSED) {
        print_number(f->schedules);
        print_number(f->states);
        print_number(f->decided);
        print_number(f->schedules / seconds);
        print_number(f->decided / seconds);
        printf(" |\n");
    }
    fflush(stdout);
}

static void print_head(void)
{
    printf(
        "| scenario | CPUs | all schedules with up to | runs | states | schedules decided | runs a second | "
        "decided a second |\n|---|---|---|---|---|---|---|---|\n");
}

int coverage_table(const struct exploration *base, const char *pattern)
{
    struct findings found = {.interrupted = false};
    u32 n = 0, failed = 0;

    for (const struct test *const *t = __start_tests; t < __stop_tests && !found.interrupted; t++) {
        struct exploration e = *base;
        if (!is_row(*t, pattern))
            continue;
        if (n++ == 0)
            print_head();
        e.test = *t;
        e.how = EXPLORE_EXHAUSTIVE;
        e.by_processor = true;
        if (!e.cpus)
            e.cpus = (*t)->cpus;
        explore(&e, &found);
        print_row(&e, &found);
        failed += found.verdict != RUN_PASSED;
    }
    if (n == 0)
        complain(pattern, "no scenario on more than one CPU has such a name (--list shows them)");
    return found.interrupted ? 130 : failed != 0;
}
