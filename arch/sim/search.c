/*
 * The exhaustive search. Every schedule with up to BOUND deviations from the default one (delay bounding:
 * Emmi, Qadeer and Rakamaric, POPL 2011; on two CPUs a deviation is a preemption: CHESS, PLDI 2007), fewer
 * first, each continued only until it comes to a state that was seen before with as many deviations left
 * (order.h: what is the same by another order of independent steps is the same state).
 *
 * This file has no hooks: what the search knows survives when the machine is taken back.
 */
#include "arch/sim/search.h"
#include "arch/sim/explore_private.h"
#include "arch/sim/order.h"
#include "arch/sim/search_private.h"
#include "arch/sim/search_tables.h"
#include <stdio.h>
#include <stdlib.h>

static struct node *nodes; /* the path to the present run: places where something is left to try */
static u32 node_n, node_room;

static void push_node(void)
{
    checkpoint_take(&search_now.wanted->at);
    node_n++;
    if (node_n == node_room) {
        node_room *= 2;
        nodes = realloc(nodes, node_room * sizeof(*nodes));
        if (!nodes) {
            perror("the search");
            exit(2);
        }
    }
    search_now.wanted = &nodes[node_n];
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
    search_now.wanted = &nodes[node_n];
    if (!node_n)
        return false;
    struct node *node = &nodes[node_n - 1];
    checkpoint_return_to(&node->at);
    search_now.decision = node->options[--node->option_n];
    search_now.left = node->left - 1;
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
    count_schedules(
        run->verdict == RUN_KNOWN && search_now.left ? count_below(search_now.known, search_now.left) : 1);
    if (run->verdict == RUN_PASSED || run->verdict == RUN_KNOWN)
        return true;
    schedule_of_run(run, &list);
    found_failure(&list);
    free(list.list);
    return false;
}

/* All schedules with up to `bound` deviations, or those up to a word that was missed. False: one failed. */
static bool search(u32 bound, bool *cut)
{
    struct schedule s = {.kind = STRATEGY_SEARCH};

    node_n = 0;
    search_now.wanted = nodes;
    search_now.left = bound;
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
        if (*cut || words_missed() || !next_schedule())
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
