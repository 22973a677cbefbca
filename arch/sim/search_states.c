/* See search_states.h. No hooks here: it survives when the machine is taken back. */
#include "arch/sim/search_states.h"
#include "arch/sim/explore_private.h"
#include "arch/sim/machine.h"
#include "arch/sim/order.h"
#include "arch/sim/search_tables.h"
#include "arch/sim/sleep_sets.h"

#define WHILE_ONE_SLEEPS (0xa5a5a5a5ull << 32)

u64 search_state(const struct choice *c)
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
bool search_in_circles(u64 state)
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

/* Of what follows while a CPU sleeps a part is left out, so that is a state of its own. */
bool search_was_here(u64 state, u32 left)
{
    if (exploring->unreduced) {
        note_state(state, left);
        return false;
    }
    if (sleep_who() == ~0u)
        return !note_state(state, left);
    return state_is_known(state, left) || !note_state(state ^ WHILE_ONE_SLEEPS, left);
}
