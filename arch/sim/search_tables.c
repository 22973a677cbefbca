/* What the search knows of words and states: see search_tables.h. No hooks here: it survives when the machine
 * is taken back. */
#include "arch/sim/search_tables.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- which words are shared: only there does it matter who comes first ---- */

#define SEEN_SLOTS (1u << 16)
static struct {
    u32 addr;
    u8 cpus;
} seen[SEEN_SLOTS];
static u32 shared_n; /* how many of them more than one CPU was seen to touch */

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

bool learn_shared(u32 addr, u32 cpu)
{
    u8 *cpus = seen_cpus(addr), before = *cpus;

    *cpus |= (u8)(1u << cpu);
    shared_n += !is_shared(before) && is_shared(*cpus);
    return is_shared(*cpus);
}

/* ---- which states were seen, and how many deviations were left there ---- */

#define STATES_MAX (1u << 23)
static struct {
    u64 state; /* the lowest bits make room for the number left, plus one */
} * states;
static u32 states_n;

#define LEFT_BITS 0x1fu

bool note_state(u64 state, u32 left)
{
    u32 i = (u32)(state >> 32) % STATES_MAX;

    state &= ~(u64)LEFT_BITS;
    while (states[i].state && (states[i].state & ~(u64)LEFT_BITS) != state)
        i = (i + 1) % STATES_MAX;
    if (states[i].state && (states[i].state & LEFT_BITS) > left)
        return false;
    if (!states[i].state) {
        if (states_n == STATES_MAX / 4 * 3)
            return true; /* no room: explored again */
        states_n++;
    }
    states[i].state = state | (left + 1);
    return true;
}

void forget_states(void)
{
    free(states);
    states = calloc(STATES_MAX, sizeof(*states));
    states_n = 0;
    if (!states) {
        perror("the table of states");
        exit(2);
    }
}

u32 words_shared(void)
{
    return shared_n;
}
u32 states_known(void)
{
    return states_n;
}

/* ---- in which states runs ended ---- */

#define OUTCOMES_MAX (1u << 16)
static u64 outcomes[OUTCOMES_MAX];

bool note_outcome(u64 state)
{
    static u32 outcome_n;

    state |= 1;
    u32 i = (u32)(state >> 32) % OUTCOMES_MAX;

    while (outcomes[i] && outcomes[i] != state)
        i = (i + 1) % OUTCOMES_MAX;
    if (outcomes[i] || outcome_n == OUTCOMES_MAX / 2)
        return false;
    outcomes[i] = state;
    outcome_n++;
    return true;
}
