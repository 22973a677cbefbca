/*
 * The host's test runner: every TEST of tests/host and tests/smp, on the simulated machine, in TAP 14.
 * Unit tests (no `.cpus`) run once; scenarios run under many schedules. `--help` says how to choose.
 */
#include "arch/sim/explore.h"
#include "arch/sim/memory.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *pattern, *token;
    struct exploration e;
    bool list;
};

static const char usage[] =
    "usage: host-tests [options] [PATTERN]\n"
    "  PATTERN               tests whose names match, as a shell pattern (default *)\n"
    "  --list                names and one line each\n"
    "  --strategy NAME       auto (default), usual, random, pct, exhaustive\n"
    "  --seed N              first seed of random and pct (default 1)\n"
    "  --schedules N         at most so many schedules a scenario (default 200)\n"
    "  --seconds N           at most so long a scenario\n"
    "  --depth D             pct: number of ordering constraints to look for (default 3)\n"
    "  --bound B             exhaustive: deviations from the default schedule (default 2)\n"
    "  --cpus N              virtual CPUs, 1 to 8 (default: what the test needs)\n"
    "  --steps N             choice points after which a run is called endless (default 400000)\n"
    "  --boot \"WORDS\"        the kernel's boot words, such as faultlock=rwsem mutant=R01\n"
    "  --replay TOKEN        one schedule again, as a failure printed it\n"
    "  --no-shorten          report the schedule as it was found\n"
    "  --progress            a progress line on stderr\n";

static noreturn void complain(const char *what, const char *which)
{
    fprintf(stderr, "host-tests: %s: %s\n", what, which);
    exit(2);
}

static u32 number(const char *option, const char *text, u32 least, u32 most)
{
    u32 value;

    if (!parse_u32(text, &value) || value < least || value > most)
        complain(option, "needs a number in its range (see --help)");
    return value;
}

static void choose_strategy(struct exploration *e, const char *name)
{
    static const char *const names[] = {"auto", "usual", "random", "pct", "exhaustive"};

    for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            e->how = i;
            e->one = (struct schedule){.kind = STRATEGY_USUAL};
            return;
        }
    }
    complain(name, "no such strategy; there are auto, usual, random, pct, exhaustive");
}

enum {
    OPT_LIST = 1,
    OPT_STRATEGY,
    OPT_SEED,
    OPT_SCHEDULES,
    OPT_SECONDS,
    OPT_DEPTH,
    OPT_BOUND,
    OPT_CPUS,
    OPT_STEPS,
    OPT_BOOT,
    OPT_REPLAY,
    OPT_NO_SHORTEN,
    OPT_PROGRESS,
    OPT_HELP
};

static const struct option long_options[] = {{"list", no_argument, NULL, OPT_LIST},
                                             {"strategy", required_argument, NULL, OPT_STRATEGY},
                                             {"seed", required_argument, NULL, OPT_SEED},
                                             {"schedules", required_argument, NULL, OPT_SCHEDULES},
                                             {"seconds", required_argument, NULL, OPT_SECONDS},
                                             {"depth", required_argument, NULL, OPT_DEPTH},
                                             {"bound", required_argument, NULL, OPT_BOUND},
                                             {"cpus", required_argument, NULL, OPT_CPUS},
                                             {"steps", required_argument, NULL, OPT_STEPS},
                                             {"boot", required_argument, NULL, OPT_BOOT},
                                             {"replay", required_argument, NULL, OPT_REPLAY},
                                             {"no-shorten", no_argument, NULL, OPT_NO_SHORTEN},
                                             {"progress", no_argument, NULL, OPT_PROGRESS},
                                             {"help", no_argument, NULL, OPT_HELP},
                                             {NULL, 0, NULL, 0}};

/* True when the option was one with a number. */
static bool take_number(struct exploration *e, int option, const char *value)
{
    const struct {
        int option;
        const char *name;
        u32 *at, least, most;
    } numbers[] = {
        {OPT_SEED, "--seed", &e->seed, 0, ~0u},
        {OPT_SCHEDULES, "--schedules", &e->schedules, 1, ~0u},
        {OPT_SECONDS, "--seconds", &e->seconds, 1, 1000000},
        {OPT_DEPTH, "--depth", &e->depth, 1, 16},
        {OPT_BOUND, "--bound", &e->bound, 0, 16},
        {OPT_CPUS, "--cpus", &e->cpus, 1, SIM_CPUS_MAX},
        {OPT_STEPS, "--steps", &e->steps, 1, RUN_STEPS_MAX},
    };

    for (u32 i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (numbers[i].option != option)
            continue;
        *numbers[i].at = number(numbers[i].name, value, numbers[i].least, numbers[i].most);
        return true;
    }
    return false;
}

static void take_option(struct options *o, int option, const char *value)
{
    if (take_number(&o->e, option, value))
        return;
    if (option == OPT_LIST) {
        o->list = true;
    } else if (option == OPT_STRATEGY) {
        choose_strategy(&o->e, value);
    } else if (option == OPT_BOOT) {
        o->e.words = value;
    } else if (option == OPT_REPLAY) {
        o->token = value;
    } else if (option == OPT_NO_SHORTEN) {
        o->e.shorten = false;
    } else if (option == OPT_PROGRESS) {
        o->e.progress = true;
    } else {
        fputs(usage, option == OPT_HELP ? stdout : stderr);
        exit(option == OPT_HELP ? 0 : 2);
    }
}

/* ---- tokens ---- */

static const struct test *test_named(const char *name)
{
    for (const struct test *const *t = __start_tests; t < __stop_tests; t++)
        if (strcmp((*t)->name, name) == 0)
            return *t;
    complain(name, "no test has this name (--list shows them)");
}

#define TOKEN_MAX 4096

/* TEST/CPUS/WORDS/SCHEDULE/BUILD, see arch/sim/report.c. The parts live as long as the program. */
static void take_token(struct options *o, const char *token)
{
    static char copy[TOKEN_MAX];
    char *parts[5], *rest = copy;
    u32 n = 0;

    if (string_copy(copy, token, sizeof copy) >= sizeof copy)
        complain("the token is too long", token);
    for (char *part; n < 5 && (part = strsep(&rest, "/")) != NULL;)
        parts[n++] = part;
    if (n != 5 || rest)
        complain(token, "a token has five parts: TEST/CPUS/WORDS/SCHEDULE/BUILD");
    if (strtoul(parts[4], NULL, 16) != host_build_id)
        complain(token,
                 "this token is from another build of the explorer; its schedule means nothing in this one");
    o->pattern = test_named(parts[0])->name;
    o->e.cpus = number("the token's CPUs", parts[1], 1, SIM_CPUS_MAX);
    for (char *c = parts[2]; *c; c++)
        if (*c == '+')
            *c = ' ';
    o->e.words = parts[2];
    const char *wrong = schedule_parse(parts[3], &o->e.one);
    if (wrong)
        complain("the token's schedule is wrong", wrong);
    o->e.how = EXPLORE_ONE;
}

/* ---- running ---- */

static void print_indented_note(const struct findings *f, const struct exploration *e)
{
    if (f->verdict != RUN_PASSED || f->schedules < 2)
        return;
    printf("  # %u schedules, at most %u choice points each", f->schedules, f->max_steps);
    if (f->complete)
        printf("; all with up to %u deviations explored", e->bound);
    else if (f->bound_done != ~0u)
        printf("; all with up to %u deviations, and some with more", f->bound_done);
    putchar('\n');
}

static bool run_one(const struct options *o, const struct test *test, u32 n, bool *interrupted)
{
    struct exploration e = o->e;
    struct findings found;

    e.test = test;
    if (!e.cpus)
        e.cpus = MAX(test->cpus, 1u);
    if (!test->cpus && e.how == EXPLORE_AUTO) { /* a unit test has nothing to schedule */
        e.how = EXPLORE_ONE;
        e.one = (struct schedule){.kind = STRATEGY_USUAL};
    }
    explore(&e, &found);
    if (found.schedules == 0)
        printf("  # verdict: %s\n", found.sentence);
    print_indented_note(&found, &e);
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
    struct options o = {
        .pattern = "*",
        .e = {.words = "",
              .how = EXPLORE_AUTO,
              .seed = 1,
              .schedules = 200,
              .depth = 3,
              .bound = 2,
              .steps = 400000,
              .shorten = true},
    };
    int option;

    memory_claim(argv);
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        take_option(&o, option, optarg);
    if (optind < argc)
        o.pattern = argv[optind++];
    if (optind < argc)
        complain(argv[optind], "one pattern at most");
    if (o.token)
        take_token(&o, o.token);
    if (o.list)
        return matching(&o, true) == 0;
    return run_all(&o);
}
