/* The explorer against refused allocations: see refusal_table.h. */
#include "tests/host/refusal_table.h"
#include "arch/sim/symbolize.h"
#include "lib/string.h"
#include "tests/host/options.h"
#include <stdio.h>
#include <string.h>

#define SITES_MAX 256u

static struct {
    u32 ip, times, tests;
} sites[SITES_MAX];
static u32 site_count;

static void add_site(u32 ip, u32 times)
{
    u32 i = 0;

    while (i < site_count && sites[i].ip != ip)
        i++;
    if (i == SITES_MAX)
        return;
    site_count = MAX(site_count, i + 1);
    sites[i].ip = ip;
    sites[i].times += times;
    sites[i].tests++;
}

static bool is_scenario(const struct test *test, const char *pattern)
{
    static const char folder[] = "tests/smp/";

    return strncmp(test->file, folder, sizeof folder - 1) == 0 && glob_match(pattern, test->name);
}

static void test_row(const struct exploration *base, const struct test *test, u32 n, struct findings *found)
{
    struct exploration e = *base;

    e.test = test;
    e.how = EXPLORE_REFUSALS;
    if (!e.cpus)
        e.cpus = MAX(test->cpus, 1u);
    explore(&e, found);
    if (found->died)
        printf("  # verdict: %s\n", found->sentence);
    for (u32 i = 0; i < found->sites; i++)
        add_site(found->site[i].ip, found->site[i].times);
    printf("%s %u - %s: %u refusals at %u places, %u runs%s\n",
           found->verdict == RUN_PASSED ? "ok" : "not ok", n, test->name, found->refusals, found->sites,
           found->schedules, found->complete || found->verdict != RUN_PASSED ? "" : ", some left out");
    fflush(stdout);
}

static void print_sites(void)
{
    struct source_line lines[SITES_MAX];

    for (u32 i = 0; i < site_count; i++)
        lines[i].ip = sites[i].ip;
    symbolize(lines, site_count);
    printf("# %-76s %9s %9s\n", "allocation", "refused", "scenarios");
    for (u32 i = 0; i < site_count; i++)
        printf("# %-76s %9u %9u\n", lines[i].text, sites[i].times, sites[i].tests);
}

int refusal_table(const struct exploration *base, const char *pattern)
{
    struct findings found = {.interrupted = false};
    u32 n = 0, failed = 0, refusals = 0, runs = 0;
    u64 leaked = 0;

    for (const struct test *const *t = __start_tests; t < __stop_tests && !found.interrupted; t++) {
        if (!is_scenario(*t, pattern))
            continue;
        test_row(base, *t, ++n, &found);
        failed += found.verdict != RUN_PASSED;
        refusals += found.refusals;
        runs += found.schedules;
        leaked += found.leaked;
    }
    if (n == 0)
        complain(pattern, "no scenario has such a name (--list shows them)");
    print_sites();
    printf("# %u allocations refused at %u places, in %u runs of %u scenarios; leaked %llu\n", refusals,
           site_count, runs, n, (unsigned long long)leaked);
    printf("# %u passed, %u failed%s\n", n - failed, failed, found.interrupted ? "; interrupted" : "");
    return found.interrupted ? 130 : failed != 0;
}
