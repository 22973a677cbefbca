/* The explorer's command line and its tokens. */
#include "tests/host/options.h"
#include "lib/string.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    "  --repeat N            with --replay: N times; each has to be the same, step by step\n"
    "  --no-reduction        exhaustive: states that were seen before are gone through again\n"
    "  --trace FILE          with --replay: the kernel's trace rings of the run, for tools/trace\n"
    "  --here                with --replay: in this process, for a debugger\n"
    "  --no-shorten          report the schedule as it was found\n"
    "  --progress            a progress line on stderr\n"
    "  --interrupts          exhaustive: early timer ticks and late interrupts are deviations, too\n"
    "  --forgetful           TLBs drop entries now and then in every drawn schedule (auto: in half of them)\n"
    "  --mutants ID          the mutants of tests/mutants.list whose id matches: a table of who noticed them\n"
    "  --compare SEEDS       with --mutants: the strategies beside each other, median of so many seeds\n"
    "  --refusals N          each allocation of each scenario refused once, in the default schedule and N drawn ones\n"
    "  --coverage            exhaustive, every scenario on more than one CPU: a table of how far it comes and how fast\n"
    "                        (--seconds is then of the processor)\n"
    "  --self-test           planted mistakes of the machine and of the oracles: each must be noticed\n"
    "  --build               the build's number, as tokens end with it\n";

noreturn void complain(const char *what, const char *which)
{
    fprintf(stderr, "host-tests: %s: %s\n", what, which);
    exit(2);
}

u32 option_number(const char *option, const char *text, u32 least, u32 most)
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
    OPT_FORGETFUL,
    OPT_REPEAT,
    OPT_NO_REDUCTION,
    OPT_TRACE,
    OPT_HERE,
    OPT_INTERRUPTS,
    OPT_MUTANTS,
    OPT_COMPARE,
    OPT_REFUSALS,
    OPT_COVERAGE,
    OPT_SELF_TEST,
    OPT_BUILD,
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
                                             {"interrupts", no_argument, NULL, OPT_INTERRUPTS},
                                             {"repeat", required_argument, NULL, OPT_REPEAT},
                                             {"no-reduction", no_argument, NULL, OPT_NO_REDUCTION},
                                             {"trace", required_argument, NULL, OPT_TRACE},
                                             {"here", no_argument, NULL, OPT_HERE},
                                             {"forgetful", no_argument, NULL, OPT_FORGETFUL},
                                             {"mutants", required_argument, NULL, OPT_MUTANTS},
                                             {"compare", required_argument, NULL, OPT_COMPARE},
                                             {"refusals", required_argument, NULL, OPT_REFUSALS},
                                             {"coverage", no_argument, NULL, OPT_COVERAGE},
                                             {"self-test", no_argument, NULL, OPT_SELF_TEST},
                                             {"build", no_argument, NULL, OPT_BUILD},
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
        {OPT_REPEAT, "--repeat", &e->repeat, 1, 1000000},
        {OPT_STEPS, "--steps", &e->steps, 1, RUN_STEPS_MAX},
    };

    for (u32 i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (numbers[i].option != option)
            continue;
        *numbers[i].at = option_number(numbers[i].name, value, numbers[i].least, numbers[i].most);
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
    } else if (option == OPT_FORGETFUL) {
        o->e.forgetful = true;
    } else if (option == OPT_INTERRUPTS) {
        o->e.interrupts = true;
    } else if (option == OPT_TRACE) {
        o->e.trace = value;
    } else if (option == OPT_NO_REDUCTION) {
        o->e.unreduced = true;
    } else if (option == OPT_HERE) {
        o->e.here = true;
    } else if (option == OPT_MUTANTS) {
        o->mutants = value;
    } else if (option == OPT_BUILD) {
        printf("%x\n", host_build_id);
        exit(0);
    } else if (option == OPT_SELF_TEST) {
        o->self_test = true;
    } else if (option == OPT_REFUSALS) {
        o->refusals = true;
        o->e.schedules = ~0u;
        o->e.drawn = option_number("--refusals", value, 0, 100000);
    } else if (option == OPT_COVERAGE) {
        o->coverage = true;
        o->e.schedules = ~0u;
    } else if (option == OPT_COMPARE) {
        o->compare_seeds = option_number("--compare", value, 1, 1000);
    } else {
        fputs(usage, option == OPT_HELP ? stdout : stderr);
        exit(option == OPT_HELP ? 0 : 2);
    }
}

/* ---- all of them ---- */

void options_read(struct options *o, int argc, char **argv)
{
    int option;

    *o = (struct options){
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
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        take_option(o, option, optarg);
    if (optind < argc)
        o->pattern = argv[optind++];
    if (optind < argc)
        complain(argv[optind], "one pattern at most");
    if (o->token)
        token_read(o, o->token);
    else if (o->e.trace || o->e.here || o->e.repeat)
        complain(o->e.trace  ? "--trace"
                 : o->e.here ? "--here"
                             : "--repeat",
                 "is for one schedule: it needs --replay TOKEN");
}
