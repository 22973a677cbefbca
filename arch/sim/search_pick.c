/* The exhaustive search at a choice point: is there anything to try, and was all of it seen before? No hooks,
 * as search.c. */
#include "arch/sim/explore_private.h"
#include "arch/sim/machine.h"
#include "arch/sim/order.h"
#include "arch/sim/search.h"
#include "arch/sim/search_private.h"
#include "arch/sim/search_tables.h"

struct search_now search_now;

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
    /* With no deviation left, or nobody else to go on, nothing could have been tried. */
    if (search_now.left && c->addr && !shared && (c->enabled != 1u << c->usual || exploring->interrupts))
        pass_over((u32)(uintptr_t)c->addr);
    return shared && c->kind != STEP_IRQ_ON;
}

/* The present state, and all that the default schedule goes by from here on. */
static u64 state_at(const struct choice *c)
{
    u32 spinning = 0;

    for (u32 cpu = 0; cpu < exploring->cpus; cpu++)
        spinning |= (u32)vcpus[cpu].spinning << cpu;
    u64 state = order_state(exploring->cpus) ^ (c->here | spinning << 8);
    /* Not in the pasts, since turns of a spin that are forgotten count for it. */
    for (u32 cpu = 0; exploring->interrupts && cpu < exploring->cpus; cpu++)
        state = (state ^ interrupts_late_for(cpu)) * 0xbf58476d1ce4e5b9ull;
    return state * 0x9e3779b97f4a7c15ull;
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
    struct node *node = search_now.wanted;
    node->option_n = options_at(c, node->options);
    if (!node->option_n)
        return c->usual;
    u64 state = state_at(c);
    if (turns_in_circles(state))
        return c->usual; /* to the end of its steps: that is what a livelock looks like */
    if (!note_state(state, search_now.left) && !exploring->unreduced) {
        search_now.known = state;
        run_finish(RUN_KNOWN);
    }
    if (!search_now.left)
        return c->usual;
    node->left = search_now.left;
    node->state = state;
    node->schedules = 0;
    search_now.decision = c->usual;
    machine_pause();
    return search_now.decision;
}

bool search_varies_interrupts(void)
{
    return exploring->interrupts;
}
