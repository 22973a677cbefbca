/* The explorer's loops: see explore.h. This file and report.c are a host program; the kernel never calls
 * them. */
#define _GNU_SOURCE
#include "arch/sim/explore_private.h"
#include "arch/sim/memory.h"
#include "lib/types.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

const struct exploration *exploring;
struct findings *findings;

static const char *strategy_name(const struct schedule *schedule)
{
    static const char *const names[] = {[STRATEGY_USUAL] = "usual",
                                        [STRATEGY_RANDOM] = "random",
                                        [STRATEGY_PCT] = "pct",
                                        [STRATEGY_LIST] = "exhaustive"};
    return names[schedule->kind];
}

void found_failure(const struct schedule *schedule)
{
    struct schedule shortest;

    findings->verdict = run->verdict;
    snprintf(findings->sentence, sizeof(findings->sentence), "%s", run->sentence);
    if ((size_t)schedule_print(findings->schedule, sizeof(findings->schedule), schedule) >=
        sizeof(findings->schedule))
        findings->schedule[0] = '\0';
    snprintf(findings->strategy, sizeof(findings->strategy), "%s", strategy_name(schedule));
    if (exploring->quiet)
        return;
    schedule_of_run(run, &shortest);
    shortest.forget = schedule->forget;
    if (exploring->shorten && exploring->how != EXPLORE_ONE && shortest.count)
        shorten(&shortest, findings->verdict);
    if (shortest.count && run_schedule(&shortest)) { /* must not happen: the list is the run */
        printf(
            "  # the schedule did not fail again when it was replayed: the simulation is not deterministic\n");
        run_schedule(schedule);
    }
    free(shortest.list);
    u32 forget = shortest.forget;
    schedule_of_run(run, &shortest); /* without entries that had no effect any more */
    shortest.forget = forget;
    if (exploring->progress)
        fprintf(stderr, "\r%70s\r", "");
    report_run(exploring, run, schedule, &shortest);
    free(shortest.list);
}

bool try_schedule(const struct schedule *schedule, const char *what)
{
    findings->schedules++;
    show_progress(what, ~0u);
    if (run_schedule(schedule))
        return true;
    found_failure(schedule);
    return false;
}

/* ---- strategies that draw ---- */

static bool explore_drawn(enum strategy_kind kind, u64 seed, u32 count, u32 depth, u32 length)
{
    for (u32 i = 0; i < count && !out_of_budget(); i++) {
        struct schedule s = {.kind = kind, .seed = seed + i, .depth = depth, .length = length};
        if (exploring->forgetful || (exploring->how == EXPLORE_AUTO && s.seed % 2 == 0))
            s.forget = (u32)s.seed + 1;
        if (!try_schedule(&s, kind == STRATEGY_PCT ? "pct" : "random"))
            return false;
    }
    return true;
}

/* ---- one schedule, again and again ---- */

static u32 hash_of_run(void)
{
    const u32 *words = (const u32 *)run->step;
    u32 h = run->verdict;

    for (u32 i = 0; i < run->steps * (sizeof(struct step) / 4); i++)
        h = (h ^ words[i]) * 16777619u;
    for (const char *c = run->sentence; *c; c++)
        h = (h ^ (u8)*c) * 16777619u;
    return h;
}

static bool repeats_itself(const struct schedule *schedule)
{
    u32 first = 0;

    for (u32 i = 0; i < exploring->repeat; i++, findings->schedules++) {
        run_schedule(schedule);
        first = i ? first : hash_of_run();
        if (hash_of_run() == first)
            continue;
        findings->verdict = RUN_BROKEN;
        printf("  # run %u of the schedule is not like the first: the simulation is not deterministic\n",
               i + 1);
        return false;
    }
    if (exploring->repeat)
        printf("  # replayed %u times, each time the same, step by step\n", exploring->repeat);
    return true;
}

/* ---- the template process ---- */

/* A little of everything: the default, one deviation at every place, then draws. */
static bool explore_auto(u32 length)
{
    u32 half = exploring->schedules / 2;

    for (u32 i = 0; i < half && !out_of_budget(); i += 2)
        if (!explore_drawn(STRATEGY_RANDOM, exploring->seed + i / 2, 1, 0, 0) ||
            !explore_drawn(STRATEGY_PCT, exploring->seed + i / 2, 1, 2 + i / 2 % 3, length))
            return false;
    return !run_can_pause || search_exhaustively(exploring->bound);
}

static void explore_all(void)
{
    struct schedule usual = {.kind = STRATEGY_USUAL};

    if (exploring->how == EXPLORE_ONE && exploring->one.kind != STRATEGY_PCT) {
        if (repeats_itself(&exploring->one))
            try_schedule(&exploring->one, "replay");
        return;
    }
    if (exploring->how == EXPLORE_REFUSALS) {
        explore_refusals();
        return;
    }
    if (exploring->drawn_only)
        run_schedule(&usual); /* for its length alone */
    else if (!try_schedule(&usual, "default schedule"))
        return;
    u32 length = run->steps; /* pct draws its change points from so many */
    if (exploring->how == EXPLORE_ONE) {
        struct schedule pct = exploring->one;
        pct.length = length;
        if (repeats_itself(&pct))
            try_schedule(&pct, "replay");
        return;
    }
    if (exploring->how == EXPLORE_RANDOM)
        explore_drawn(STRATEGY_RANDOM, exploring->seed, exploring->schedules, 0, 0);
    else if (exploring->how == EXPLORE_PCT)
        explore_drawn(STRATEGY_PCT, exploring->seed, exploring->schedules, exploring->depth, length);
    else if (exploring->how == EXPLORE_EXHAUSTIVE)
        search_exhaustively(exploring->bound);
    else
        explore_auto(length);
}

static void template_process(void)
{
    budget_catch_interrupt();
    findings->verdict = RUN_PASSED;
    findings->bound_done = ~0u;
    memory_unshare(); /* the next test's machine starts with empty memory, too */
    run_boot();
    budget_begin();
    explore_all();
    budget_end();
    if (exploring->trace)
        replay_trace_save(exploring->trace);
    fflush(stdout);
}

static void *share(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return p;
}

void explore(const struct exploration *e, struct findings *found)
{
    int status = 0;

    if (!run) {
        run = share(sizeof(*run));
        findings = share(sizeof(*findings));
    }
    memset(findings, 0, sizeof(*findings));
    run->log_bytes = 0;
    run->sentence[0] = '\0';
    exploring = e;
    fflush(stdout);
    signal(SIGINT, SIG_IGN);
    pid_t pid = e->here ? 0 : fork();
    if (pid == 0) {
        template_process();
        if (!e->here)
            _exit(0);
        *found = *findings;
        return;
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        findings->verdict = RUN_BROKEN;
        findings->died = true;
        snprintf(findings->sentence, sizeof(findings->sentence), "%s",
                 findings->schedules ? "the explorer itself died" : "the simulated machine did not boot");
    }
    signal(SIGINT, SIG_DFL);
    *found = *findings;
}
