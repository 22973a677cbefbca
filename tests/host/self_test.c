/*
 * Planted mistakes, and who must notice. Three kinds of rows: a simulated machine that is wrong (simbreak=),
 * which a test of the machine must see; a kernel that does wrong in one place (simplant=), which an oracle
 * must see; and the same with that oracle blinded (simblind=), which must then pass: so it was that oracle
 * and nothing else. And mistakes on the kernel's own error paths, which only a refused allocation takes.
 */
#include "tests/host/self_test.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>

static const struct row {
    const char *what, *words, *test;
    const char *sentence; /* a part of the verdict's; NULL: it must pass */
} rows[] = {
    {"INVLPG that does nothing", "simbreak=invlpg", "sim_tlb_keeps_until_flushed", "sim_mmu.c"},
    {"a range's flush that leaves a page", "simbreak=range", "sim_range_flush", "sim_mmu.c"},
    {"a CR3 load that flushes nothing", "simbreak=cr3", "sim_load_of_root_flushes", "missing flush"},
    {"no TLB at all", "simbreak=no-tlb", "sim_tlb_keeps_until_flushed", "sim_mmu.c"},
    {"no PDE cache", "simbreak=no-pde-cache", "sim_directory_entry_is_cached", "sim_mmu.c"},
    {"a PDE cache that INVLPG leaves alone", "simbreak=pde-flush", "sim_directory_entry_is_cached",
     "sim_mmu.c"},
    {"a walker that sets no A", "simbreak=accessed", "sim_walk_sets_accessed_and_dirty", "sim_mmu.c"},
    {"a walker that sets no D", "simbreak=dirty", "sim_walk_sets_accessed_and_dirty", "sim_mmu.c"},
    {"stores through read-only entries", "simbreak=read-only", "sim_read_only", "sim_mmu.c"},
    {"a frame freed before its flush", "simplant=freed-frame", "oracle_freed_frame",
     "missing flush: CPU 0 freed frame"},
    {"... with a blind TLB oracle", "simplant=freed-frame simblind=frames", "oracle_freed_frame", NULL},
    {"a page table freed before its flush", "simplant=freed-table", "oracle_freed_table", "freed page table"},
    {"... with a blind TLB oracle", "simplant=freed-table simblind=frames", "oracle_freed_table", NULL},
    {"rights taken without a flush", "simplant=rights", "oracle_rights", "was made read-only"},
    {"... with a blind rights oracle", "simplant=rights simblind=rights", "oracle_rights", NULL},
    {"two plain writes that nothing orders", "simplant=plain-race races", "oracle_data_race",
     "data race: CPU 1 writes"},
    {"a plain write beside a marked one", "simplant=half-marked-race races", "oracle_data_race",
     "data race: CPU 1 writes"},
    {"... with nobody looking for races", "simplant=plain-race", "oracle_data_race", NULL},
    {"marked writes, and plain ones in order", "races", "oracle_data_race", NULL},
    {"a sleep that nobody ends", "simplant=sleeper", "oracle_deadlock", "deadlock"},
    {"... with a blind deadlock check", "simplant=sleeper simblind=deadlock", "oracle_deadlock",
     "no end after"},
};

static const struct test *test_called(const char *name)
{
    for (const struct test *const *t = __start_tests; t < __stop_tests; t++)
        if (strcmp((*t)->name, name) == 0)
            return *t;
    return NULL;
}

static bool row_holds(const struct exploration *base, const struct row *row, struct findings *found)
{
    struct exploration e = *base;

    e.test = test_called(row->test);
    if (!e.test)
        return false;
    e.words = row->words;
    e.cpus = MAX(e.test->cpus, 1u);
    e.quiet = true;
    e.steps = 20000;
    e.how = e.cpus > 1 ? EXPLORE_RANDOM : EXPLORE_ONE;
    e.one = (struct schedule){.kind = STRATEGY_USUAL};
    explore(&e, found);
    if (!row->sentence)
        return found->verdict == RUN_PASSED;
    return found->verdict != RUN_PASSED && strstr(found->sentence, row->sentence);
}

struct reduced {
    const char *test;
    u32 bound;
    bool interrupts;
};

/*
 * The reduction leaves out runs, and knows what it leaves out: the schedules that its runs stand for are as
 * many as there are without it, runs end in as many different states, and below a state are as many schedules
 * each time that it is met.
 */
static bool reduction_holds(const struct exploration *base, const struct reduced *row, char *says,
                            size_t size)
{
    struct findings reduced, whole;
    struct exploration e = *base;

    e.test = test_called(row->test);
    e.cpus = e.test->cpus;
    e.how = EXPLORE_EXHAUSTIVE;
    e.bound = row->bound;
    e.interrupts = row->interrupts;
    e.schedules = 1000000;
    explore(&e, &reduced);
    e.unreduced = true;
    explore(&e, &whole);
    snprintf(says, size, "%u runs stand for %.0f of %u, %u of %u outcomes, %u states disagree",
             reduced.pass_runs, reduced.decided, whole.pass_runs, reduced.outcomes, whole.outcomes,
             whole.disagreements);
    return reduced.complete && whole.complete && reduced.outcomes == whole.outcomes && reduced.known > 0 &&
           reduced.decided == whole.pass_runs && !whole.disagreements;
}

static u32 test_reduction(const struct exploration *base, u32 n)
{
    static const struct reduced scenarios[] = {{"r01_same_empty_pte", 2, false},
                                               {"r43_released_before_flush", 2, false},
                                               {"r55_double_unmap", 2, false},
                                               {"r32_lost_wakeup", 2, true}};
    u32 failed = 0;

    for (u32 i = 0; i < ARRAY_SIZE(scenarios); i++) {
        char says[160];
        bool ok = reduction_holds(base, &scenarios[i], says, sizeof(says));
        failed += !ok;
        printf("%s %u - self test: the search to bound %u%s knows what it leaves out: %s (%s)\n",
               ok ? "ok" : "not ok", n + i + 1, scenarios[i].bound,
               scenarios[i].interrupts ? ", interrupts too," : "", scenarios[i].test, says);
    }
    return failed;
}

/* A test that takes an event for impossible fails when that event is a deviation, and passes when it is none.
 */
static bool choice_holds(const struct exploration *base, const char *test, const char *plant)
{
    struct findings with, without;
    struct exploration e = *base;

    e.test = test_called(test);
    e.cpus = e.test->cpus;
    e.words = plant;
    e.quiet = true;
    e.how = EXPLORE_EXHAUSTIVE;
    e.bound = 1;
    e.schedules = 100000;
    explore(&e, &without);
    e.interrupts = true;
    explore(&e, &with);
    return without.verdict == RUN_PASSED && without.complete && with.verdict == RUN_FAILED;
}

static u32 test_choices(const struct exploration *base, u32 n)
{
    static const struct {
        const char *test, *plant;
    } choices[] = {{"choice_of_tick", "simplant=no-early-tick"},
                   {"choice_of_late_ipi", "simplant=ipi-at-once"},
                   {"choice_of_disk_order", "simplant=disk-in-order"}};
    u32 failed = 0;

    for (u32 i = 0; i < ARRAY_SIZE(choices); i++) {
        bool ok = choice_holds(base, choices[i].test, choices[i].plant);
        failed += !ok;
        printf("%s %u - self test: found with interrupts as deviations, and only so: %s\n",
               ok ? "ok" : "not ok", n + i + 1, choices[i].test);
    }
    return failed;
}

/* The search knows a livelock from a state that it has seen. */
static u32 test_livelock(const struct exploration *base, u32 n)
{
    struct findings found;
    struct exploration e = *base;

    e.test = test_called("r41_shootdown_deadlock");
    e.cpus = e.test->cpus;
    e.words = "mutant=R41";
    e.quiet = e.drawn_only = true;
    e.how = EXPLORE_EXHAUSTIVE;
    e.bound = 0;
    explore(&e, &found);
    printf("%s %u - self test: the search sees that two spinners turn in circles\n",
           found.verdict == RUN_ENDLESS ? "ok" : "not ok", n + 1);
    return found.verdict != RUN_ENDLESS;
}

/* Mistakes on a path of the kernel that only a refused allocation takes: noticed where each is refused, and
 * not otherwise. */
static u32 test_refusals(const struct exploration *base, u32 n)
{
    static const struct {
        const char *what, *words, *sentence;
    } mistakes[] = {{"leaves its half of a child behind", "mutant=S14A", "frames_users() is"},
                    {"keeps the parent's lock", "mutant=S14B", "mmap_lock"},
                    {"leaves a region out of the child", "mutant=S14C", "no actor passed race point R05"}};
    u32 failed = 0;

    for (u32 i = 0; i < ARRAY_SIZE(mistakes); i++) {
        struct findings refused, whole;
        struct exploration e = *base;
        e.test = test_called("r05_cow_against_cow");
        e.cpus = e.test->cpus;
        e.words = mistakes[i].words;
        e.quiet = true;
        e.how = EXPLORE_REFUSALS;
        explore(&e, &refused);
        e.how = EXPLORE_ONE;
        e.one = (struct schedule){.kind = STRATEGY_USUAL};
        explore(&e, &whole);
        bool ok = refused.verdict != RUN_PASSED && strstr(refused.sentence, mistakes[i].sentence) &&
                  whole.verdict == RUN_PASSED;
        failed += !ok;
        if (!ok)
            printf("  # verdict: %s\n", refused.verdict == RUN_PASSED ? "nobody noticed" : refused.sentence);
        printf("%s %u - self test: noticed where allocations are refused, and only there: fork that %s\n",
               ok ? "ok" : "not ok", n + i + 1, mistakes[i].what);
    }
    return failed;
}

int self_test(const struct exploration *base)
{
    u32 failed = 0;

    printf("TAP version 14\n1..%u\n", (u32)ARRAY_SIZE(rows) + 11);
    for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
        struct findings found = {.verdict = RUN_PASSED};
        bool ok = row_holds(base, &rows[i], &found);
        failed += !ok;
        if (!ok)
            printf("  # verdict: %s\n", found.verdict == RUN_PASSED ? "nobody noticed" : found.sentence);
        printf("%s %u - self test: %s: %s %s\n", ok ? "ok" : "not ok", i + 1, rows[i].what, rows[i].test,
               rows[i].sentence ? "notices" : "passes");
    }
    failed += test_reduction(base, ARRAY_SIZE(rows));
    failed += test_choices(base, ARRAY_SIZE(rows) + 4);
    failed += test_livelock(base, ARRAY_SIZE(rows) + 7);
    failed += test_refusals(base, ARRAY_SIZE(rows) + 8);
    printf("%u passed, %u failed\n", (u32)ARRAY_SIZE(rows) + 11 - failed, failed);
    return failed != 0;
}
