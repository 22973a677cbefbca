/*
 * The exhaustive search: depth first over lists of deviations from the default schedule (delay bounding:
 * Emmi, Qadeer and Rakamaric, POPL 2011). A run is made again from its start for each list; what it passed
 * tells where the next deviation may go.
 */
#include "arch/sim/explore_private.h"
#include <stdlib.h>

/* Addresses that more than one CPU was seen to touch. Only there does it matter who comes first; what is
 * learnt in one run opens more places in the next ones. */
#define SEEN_SLOTS (1u << 16)
static struct {
    u32 addr;
    u8 cpus;
} seen[SEEN_SLOTS];

static u32 shared_n; /* how many of them */

/* Where there is no room for more, every address counts as shared: nothing is left out. */
static u8 *seen_cpus(u32 addr)
{
    static u32 used;
    static u8 everybody;
    u32 i = (addr * 2654435761u) >> 16;

    while (seen[i].addr && seen[i].addr != addr)
        i = (i + 1) % SEEN_SLOTS;
    if (!seen[i].addr) {
        if (used > SEEN_SLOTS / 4 * 3) {
            everybody = 0xff;
            return &everybody;
        }
        used++;
        seen[i].addr = addr;
    }
    return &seen[i].cpus;
}

static bool is_shared(u8 cpus)
{
    return cpus & (cpus - 1);
}

static void learn(void)
{
    for (u32 i = 0; i < run->steps; i++) {
        if (!run->step[i].addr)
            continue;
        u8 *cpus = seen_cpus(run->step[i].addr), before = *cpus;
        *cpus |= (u8)(1u << run->step[i].cpu);
        shared_n += !is_shared(before) && is_shared(*cpus);
    }
}

static bool worth_deviating(const struct step *s)
{
    u32 others = s->enabled & ~(1u << s->usual);

    if (!others)
        return false;
    if (s->usual != s->cpu) /* somebody else has to run anyhow: which one is free to choose */
        return true;
    if (s->kind == STEP_TLB ||
        s->kind == STEP_IPI) /* no address tells who depends on a flush or an interrupt */
        return true;
    return s->kind != STEP_IRQ_ON && s->addr && is_shared(*seen_cpus(s->addr));
}

/* The deviations that may follow the last one of the run in *run, as a fresh array. */
static u32 children(u32 from, struct deviation **list)
{
    u32 n = 0, room = 0;

    *list = NULL;
    for (u32 i = from; i < run->steps; i++) {
        if (!worth_deviating(&run->step[i]))
            continue;
        for (u32 cpu = 0; cpu < exploring->cpus; cpu++) {
            if (cpu == run->step[i].usual || !(run->step[i].enabled & (1u << cpu)))
                continue;
            if (n == room)
                *list = realloc(*list, (room = room ? 2 * room : 256) * sizeof(**list));
            (*list)[n++] = (struct deviation){i, cpu};
        }
    }
    return n;
}

/* Runs all schedules that begin with `prefix` and have `more` further deviations. False: one failed. */
static bool search(struct schedule *prefix, u32 more, bool *cut)
{
    struct deviation *next;
    u32 n;

    if (out_of_budget()) {
        *cut = true;
        return true;
    }
    if (more == 0) {
        bool passed = try_schedule(prefix, "exhaustive");
        if (passed)
            learn();
        return passed;
    }
    if (!run_schedule(prefix)) { /* ran before under a smaller bound, and passed */
        found_failure(prefix);
        return false;
    }
    learn();
    n = children(prefix->count ? prefix->list[prefix->count - 1].step + 1 : 0, &next);
    bool passed = true;
    for (u32 i = 0; i < n && passed && !*cut; i++) {
        prefix->list[prefix->count++] = next[i];
        passed = search(prefix, more - 1, cut);
        prefix->count--;
    }
    free(next);
    return passed;
}

bool search_exhaustively(u32 bound)
{
    struct schedule s = {.kind = STRATEGY_LIST, .list = calloc(bound + 1, sizeof(struct deviation))};
    bool passed = true, cut = false;

    findings->bound_done = ~0u;
    for (u32 more = 0; more <= bound && passed && !cut; more++) {
        u32 known;
        do { /* an address that turned out to be shared late opens places in runs that were made before */
            known = shared_n;
            passed = search(&s, more, &cut);
        } while (passed && !cut && shared_n != known);
        if (passed && !cut)
            findings->bound_done = more;
    }
    findings->complete = passed && !cut;
    free(s.list);
    return passed;
}
