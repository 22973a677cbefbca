/* What the search knows of words and states: see search_tables.h. No hooks here: it survives when the machine
 * is taken back. */
#define _GNU_SOURCE
#include "arch/sim/search_tables.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20) /* of the host */

/* ---- which words are shared: only there does it matter who comes first ---- */

#define SEEN_SLOTS (1u << 16)
static struct seen_word {
    u32 addr;
    u8 cpus, written;
} seen[SEEN_SLOTS];
static u32 shared_n; /* how many of them more than one CPU was seen to touch */

/* Where there is no room for more, every address counts as shared: nothing is left out. */
static struct seen_word *seen_word(u32 addr)
{
    static u32 used;
    static struct seen_word anybody;
    u32 i = (addr * 2654435761u) >> 16;

    while (seen[i].addr && seen[i].addr != addr)
        i = (i + 1) % SEEN_SLOTS;
    if (!seen[i].addr) {
        if (used > SEEN_SLOTS / 4 * 3) {
            anybody = (struct seen_word){0, 0xff, true};
            return &anybody;
        }
        used++;
        seen[i].addr = addr;
    }
    return &seen[i];
}

static bool is_shared(const struct seen_word *w)
{
    return w->written && (w->cpus & (w->cpus - 1));
}

static bool learn(u32 addr, u8 cpus, bool writes)
{
    struct seen_word *w = seen_word(addr);
    bool before = is_shared(w);

    w->cpus |= cpus;
    w->written |= writes;
    shared_n += !before && is_shared(w);
    return is_shared(w);
}

bool learn_shared(u32 addr, u32 cpu, bool writes)
{
    return learn(addr, (u8)(1u << cpu), writes);
}

void learn_written(u32 addr)
{
    learn(addr, 0, true);
}

/* ---- which states were seen, and how many deviations were left there ---- */

/* The table grows with what it holds: most searches are small, and theirs stays in the processor's cache. */
#define STATES_FIRST (1u << 14)
#define STATES_MAX   (1u << 25)
static u64 *states; /* the lowest bits make room for the number left, plus one */
static u32 states_room, states_n;
static u32 states_most = STATES_MAX; /* less where the host has no more address space */

#define LEFT_BITS 0x1fu

/* Each look at a big table is at another page of it: few and large ones keep the host's TLB out of it. */
static u64 *new_table(u32 room)
{
    void *table = mmap(NULL, room * sizeof(u64), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED)
        return NULL;
    if (room * sizeof(u64) >= HUGE_PAGE)
        madvise(table, room * sizeof(u64), MADV_HUGEPAGE);
    return table;
}

/* Where the state stands in a table, or would stand. */
static u64 *state_slot(u64 *table, u32 room, u64 state)
{
    u32 i = (u32)(state >> 32) % room;

    while (table[i] && ((table[i] ^ state) & ~(u64)LEFT_BITS))
        i = (i + 1) % room;
    return &table[i];
}

static void double_table(void)
{
    u32 room = 2 * states_room;
    u64 *table = new_table(room);

    if (!table) {
        states_most = states_room;
        return;
    }
    for (u32 i = 0; i < states_room; i++)
        if (states[i])
            *state_slot(table, room, states[i]) = states[i];
    munmap(states, states_room * sizeof(u64));
    states = table;
    states_room = room;
}

bool note_state(u64 state, u32 left)
{
    u64 *slot = state_slot(states, states_room, state);

    if (*slot && (*slot & LEFT_BITS) > left)
        return false;
    if (!*slot) {
        if (states_n == states_room / 4 * 3)
            return true; /* no room: explored again */
        states_n++;
    }
    *slot = (state & ~(u64)LEFT_BITS) | (left + 1);
    if (states_n > states_room / 2 && states_room < states_most)
        double_table();
    return true;
}

void forget_states(void)
{
    if (states)
        munmap(states, states_room * sizeof(u64));
    states_room = STATES_FIRST;
    states = new_table(states_room);
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
