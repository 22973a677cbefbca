/* See sleep_sets.h. No hooks here: the search sets all of it anew when it takes the machine back. */
#include "arch/sim/sleep_sets.h"

bool sleep_watching;
static bool learning;
static struct sleep_step now; /* the one that is being learned */
static u32 sleeper = ~0u;
static struct sleep_step awaited; /* the sleeper's next */

static void learn(u32 location, bool writes)
{
    for (u32 i = 0; i < now.n; i++)
        if ((now.location[i] & ~1u) == location) {
            now.location[i] |= writes;
            return;
        }
    if (now.n == STEP_LOCATIONS)
        now.known = false;
    else
        now.location[now.n++] = location | writes;
}

static bool depends_on(u32 location, bool writes)
{
    for (u32 i = 0; i < awaited.n; i++)
        if ((awaited.location[i] & ~1u) == location && (writes || (awaited.location[i] & 1)))
            return true;
    return false;
}

void sleep_touched(u32 location, bool writes)
{
    location &= ~1u;
    if (learning)
        learn(location, writes);
    if (sleeper != ~0u && depends_on(location, writes))
        sleep_put(~0u, NULL);
}

void sleep_learn(u32 location)
{
    now.n = 0;
    now.known = true;
    learning = sleep_watching = true;
    learn(location & ~1u, false);
}

void sleep_learned(struct sleep_step *step, bool again)
{
    if (!learning)
        return;
    learning = false;
    sleep_watching = sleeper != ~0u;
    *step = now;
    step->known &= again;
}

void sleep_put(u32 cpu, const struct sleep_step *step)
{
    learning = false;
    sleeper = cpu;
    sleep_watching = cpu != ~0u;
    if (step)
        awaited = *step;
}

u32 sleep_who(void)
{
    return sleeper;
}
