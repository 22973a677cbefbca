/*
 * The exhaustive search. Every schedule with up to BOUND deviations from the default one (delay bounding:
 * Emmi, Qadeer and Rakamaric, POPL 2011; on two CPUs a deviation is a preemption: CHESS, PLDI 2007), fewer
 * first, each continued only until it comes to a state that was seen before with as many deviations left
 * (order.h: what is the same by another order of independent steps is the same state).
 *
 * This file has no hooks: what the search knows survives when the machine is taken back.
 */
#include "arch/sim/search.h"
#include "arch/sim/checkpoint.h"
#include "arch/sim/explore_private.h"
#include "arch/sim/machine.h"
#include "arch/sim/order.h"
#include "arch/sim/search_tables.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- at a choice point ---- */

#define OPTIONS_MAX (3u * SIM_CPUS_MAX)

struct node {
    struct checkpoint at;
    u8 options[OPTIONS_MAX]; /* decisions that are left to try */
    u32 option_n;
    u32 left; /* deviations, before any of them */
    u64 state;
    double schedules; /* that go on from here, as far as they were run or are known */
};

static u32 left;            /* deviations that the present run may still make */
static u32 decision;        /* what the search answers to the pause */
static struct node *wanted; /* the pause asks for this one to be filled */
static struct node *nodes;  /* the path to the present run: places where something is left to try */
static u32 node_n, node_room;
static u64 known_state; /* where the present run ended, if it ended at one */

static u32 options_at(const struct choice *c, u8 *options)
{
    u32 n = 0;

    for (u32 cpu = 0; cpu < exploring->cpus; cpu++) {
        if (c->enabled & (1u << cpu)) {
            if (cpu != c->usual)
                options[n++] = (u8)cpu;
            u32 can = exploring->interrupts ? strategy_interrupts(cpu) : 0;
            if (can & CHOSEN_TICK)
                options[n++] = (u8)(cpu | CHOSEN_TICK);
            if (can & CHOSEN_DEAF)
                options[n++] = (u8)(cpu | CHOSEN_DEAF);
        } else if (exploring->interrupts && vcpus[cpu].halted && clock_has_use_for_tick(cpu)) {
            options[n++] = (u8)(cpu | CHOSEN_TICK);
        }
    }
    return n;
}

void search_saw(const volatile void *addr, u32 cpu, bool writes)
{
    learn_shared((u32)(uintptr_t)addr, cpu, writes);
}

static bool worth_deviating(const struct choice *c)
{
    bool shared = c->addr && learn_shared((u32)(uintptr_t)c->addr, c->here, !c->reads);

    if (c->usual != c->here) /* somebody else has to run anyhow: which one is free to choose */
        return true;
    if (c->kind == STEP_TLB ||
        c->kind == STEP_IPI) /* no address tells who depends on a flush or an interrupt */
        return true;
    if (left && c->addr && !shared && (c->enabled != 1u << c->usual || exploring->interrupts))
        pass_over((u32)(uintptr_t)c->addr);
    return shared && c->kind != STEP_IRQ_ON;
}

/* The present state, and all that the default schedule goes by from here on. */
static u64 state_at(const struct choice *c)
{
    u32 spinning = 0;

    for (u32 cpu = 0; cpu < exploring->cpus; cpu++)
        spinning |= (u32)vcpus[cpu].spinning << cpu;
    return (order_state(exploring->cpus) ^ (c->here | spinning << 8)) * 0x9e3779b97f4a7c15ull;
}

/*
 * Spinners whose turns are forgotten bring a run back to a state of its own. To take that for a state from
 * which all was seen would call every livelock a success.
 */
static bool turns_in_circles(u64 state)
{
    static struct {
        u64 state;
        u32 run;
    } lately[64];
    static u32 at;

    for (u32 i = 0; i < ARRAY_SIZE(lately); i++)
        if (lately[i].state == state && lately[i].run == findings->schedules)
            return true;
    lately[at % ARRAY_SIZE(lately)].state = state;
    lately[at++ % ARRAY_SIZE(lately)].run = findings->schedules;
    return false;
}

u32 search_pick(const struct choice *c)
{
    if (!worth_deviating(c))
        return c->usual;
    /* Filled in place: a copy made here, on a fiber, would be a store of the run, to be undone later. */
    struct node *node = wanted;
    node->option_n = options_at(c, node->options);
    if (!node->option_n)
        return c->usual;
    u64 state = state_at(c);
    if (turns_in_circles(state))
        return c->usual; /* to the end of its steps: that is what a livelock looks like */
    if (!note_state(state, left) && !exploring->unreduced) {
        known_state = state;
        run_finish(RUN_KNOWN);
    }
    if (!left)
        return c->usual;
    node->left = left;
    node->state = state;
    node->schedules = 0;
    decision = c->usual;
    machine_pause();
    return decision;
}

bool search_varies_interrupts(void)
{
    return exploring->interrupts;
}

/* ---- the search itself, on the host ---- */

static void push_node(void)
{
    checkpoint_take(&wanted->at);
    node_n++;
    if (node_n == node_room) {
        node_room *= 2;
        nodes = realloc(nodes, node_room * sizeof(*nodes));
        if (!nodes) {
            perror("the search");
            exit(2);
        }
    }
    wanted = &nodes[node_n];
}

/*
 * The schedules of the whole pass, counted by what they go through: below a state with so many deviations
 * left are those of its default successor, with as many left, and those of each other one, with one less; a
 * run that ends is one. So a run that ends at a known state stands for all that were counted there. They
 * were: each bound's pass goes through the states of the one before it with one deviation more, so a state
 * that is met with fewer than it was noted with has been left behind, in this pass or the last one, with just
 * so many.
 */
static double decided;

static void count_schedules(double n)
{
    *(node_n ? &nodes[node_n - 1].schedules : &decided) += n;
}

/* Nothing is left to try below the deepest node. */
static void pop_node(void)
{
    const struct node *done = &nodes[--node_n];

    if (!note_count(done->state, done->left, done->schedules))
        findings->disagreements++;
    count_schedules(done->schedules);
}

/* Back to the latest place with something left to try; false when there is none. */
static bool next_schedule(void)
{
    while (node_n && !nodes[node_n - 1].option_n)
        pop_node();
    wanted = &nodes[node_n];
    if (!node_n)
        return false;
    struct node *node = &nodes[node_n - 1];
    checkpoint_return_to(&node->at);
    decision = node->options[--node->option_n];
    left = node->left - 1;
    return true;
}

static bool passed_or_report(void)
{
    struct schedule list;

    if (run->verdict == RUN_PASSED)
        findings->outcomes += note_outcome(order_state(exploring->cpus));
    findings->schedules++;
    findings->known += run->verdict == RUN_KNOWN;
    findings->states = states_known();
    count_schedules(run->verdict == RUN_KNOWN && left ? count_below(known_state, left) : 1);
    if (run->verdict == RUN_PASSED || run->verdict == RUN_KNOWN)
        return true;
    schedule_of_run(run, &list);
    found_failure(&list);
    free(list.list);
    return false;
}

/* All schedules with up to `bound` deviations. False: one failed. */
static bool search(u32 bound, bool *cut)
{
    struct schedule s = {.kind = STRATEGY_SEARCH};

    node_n = 0;
    wanted = nodes;
    left = bound;
    decided = 0;
    run_begin(&s);
    for (;;) {
        run_continue();
        if (run->verdict == RUN_UNFINISHED) {
            push_node();
            continue;
        }
        show_progress("exhaustive", bound);
        if (!passed_or_report())
            return false;
        *cut = out_of_budget();
        if (*cut || !next_schedule())
            return true;
    }
}

/* A pass is over, or was cut: what it has decided up to here. */
static void note_pass(u32 bound, u32 runs_before, bool cut)
{
    while (node_n)
        count_schedules(nodes[--node_n].schedules);
    if (!cut)
        findings->bound_done = findings->bound_done == ~0u ? bound : MAX(bound, findings->bound_done);
    if (decided > findings->decided) {
        findings->decided = decided;
        findings->pass_runs = findings->schedules - runs_before;
    }
}

bool search_exhaustively(u32 bound)
{
    bool passed = true, cut = false;

    node_room = 1024;
    nodes = calloc(node_room, sizeof(*nodes));
    findings->bound_done = ~0u;
    forget_states();
    for (u32 b = 0; b <= bound && passed && !cut; b++) {
        u32 runs_before = findings->schedules;
        passed = search(b, &cut);
        if (passed && !cut && words_missed()) {
            /* A word that turned out to be shared late opens places that were passed, in this pass and in
             * those before. */
            forget_states();
            b = ~0u;
            continue;
        }
        if (passed)
            note_pass(b, runs_before, cut);
    }
    findings->complete = passed && !cut;
    free(nodes);
    return passed;
}
