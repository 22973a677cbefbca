/*
 * The host's test runner: every TEST of tests/host and tests/smp, on the simulated machine, in TAP 14.
 * Unit tests (no `.cpus`) run once; scenarios run under many schedules. `--help` says how to choose.
 */
#include "arch/sim/explore.h"
#include "arch/sim/memory.h"
#include "lib/string.h"
#include "tests/host/coverage_table.h"
#include "tests/host/mutant_table.h"
#include "tests/host/options.h"
#include "tests/host/refusal_table.h"
#include "tests/host/self_test.h"
#include <stdio.h>
#include <stdlib.h>

#define MUTANT_LIST "tests/mutants.list"

static void print_coverage(const struct findings *f, const struct exploration *e)
{
    if (f->verdict != RUN_PASSED || f->schedules < 2)
        return;
    printf("  # %u schedules, at most %u choice points each", f->schedules, f->max_steps);
    if (f->seconds > 0.1)
        printf(", %.0f for a second of processor", f->schedules / f->seconds);
    if (f->states)
        printf("; %u states", f->states);
    if (f->complete)
        printf("; all with up to %u deviations explored", e->bound);
    else if (f->bound_done != ~0u)
        printf("; all with up to %u deviations, and some with more", f->bound_done);
    putchar('\n');
    if (f->disagreements)
        printf("  # %u states were gone through again with another number of schedules below them\n",
               f->disagreements);
    if (!f->decided)
        return;
    printf("  # the last %u of them stand for %.0f", f->pass_runs, f->decided);
    if (f->seconds > 0.1)
        printf(", %.0f decided for a second of processor", f->decided / f->seconds);
    putchar('\n');
}

static bool run_one(const struct options *o, const struct test *test, u32 n, bool *interrupted)
{
    struct exploration e = o->e;
    struct findings found;

    e.test = test;
    if (!e.cpus)
        e.cpus = MAX(test->cpus, 1u);
    if (!test->cpus) { /* a unit test has nothing to schedule */
        e.how = EXPLORE_ONE;
        e.one = (struct schedule){.kind = STRATEGY_USUAL};
    }
    explore(&e, &found);
    if (found.verdict == RUN_BROKEN && found.died)
        printf("  # verdict: %s\n", found.sentence);
    print_coverage(&found, &e);
    printf("%s %u - %s: %s\n", found.verdict == RUN_PASSED ? "ok" : "not ok", n, test->name,
           test->shows ? test->shows : "");
    fflush(stdout);
    *interrupted = found.interrupted;
    return found.verdict == RUN_PASSED;
}

static u32 matching(const struct options *o, bool list)
{
    u32 n = 0;

    for (const struct test *const *t = __start_tests; t < __stop_tests; t++) {
        if (!glob_match(o->pattern, (*t)->name))
            continue;
        n++;
        if (list)
            printf("%-32s %u CPU%s  %s\n", (*t)->name, MAX((*t)->cpus, 1u), (*t)->cpus > 1 ? "s" : " ",
                   (*t)->shows ? (*t)->shows : "");
    }
    return n;
}

static int run_all(const struct options *o)
{
    u32 n = 0, failed = 0, total = matching(o, false);
    bool interrupted = false;

    if (total == 0)
        complain(o->pattern, "no test has such a name (--list shows them)");
    printf("TAP version 14\n1..%u\n", total);
    for (const struct test *const *t = __start_tests; t < __stop_tests && !interrupted; t++) {
        if (!glob_match(o->pattern, (*t)->name))
            continue;
        n++;
        if ((*t)->cpus > SIM_CPUS_MAX)
            printf("ok %u - %s # SKIP needs %u CPUs\n", n, (*t)->name, (*t)->cpus);
        else
            failed += !run_one(o, *t, n, &interrupted);
    }
    printf("# %u passed, %u failed%s\n", n - failed, failed, interrupted ? "; interrupted" : "");
    return interrupted ? 130 : failed != 0;
}

int main(int argc, char **argv)
{
    struct options o;

    memory_claim(argv);
    options_read(&o, argc, argv);
    if (o.list)
        return matching(&o, true) == 0;
    if (o.self_test)
        return self_test(&o.e);
    if (o.coverage)
        return coverage_table(&o.e, o.pattern);
    if (o.refusals)
        return refusal_table(&o.e, o.pattern);
    if (o.mutants && o.compare_seeds)
        return strategy_table(&o.e, MUTANT_LIST, o.mutants, o.pattern, o.compare_seeds);
    if (o.mutants)
        return mutant_table(&o.e, MUTANT_LIST, o.mutants, o.pattern);
    int status = run_all(&o);
    free(o.e.one.list); /* a token's */
    return status;
}
