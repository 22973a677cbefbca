/* What the search knows of words and states: see search_tables.h. No hooks here: it survives when the machine
 * is taken back. */
#include "arch/sim/search_tables.h"
#include "arch/sim/key_table.h"

/* ---- which words are shared: only there does it matter who comes first ---- */

#define SEEN_SLOTS (1u << 16)
static struct seen_word {
    u32 addr;
    u8 cpus, written;
    bool passed; /* somewhere the search did not deviate, since it was not shared yet */
} seen[SEEN_SLOTS];
static u32 missed_n; /* how many of those turned out to be shared */

/* Where there is no room for more, every address counts as shared: nothing is left out. */
static always_inline struct seen_word *seen_word(u32 addr)
{
    static u32 used;
    static struct seen_word anybody;
    u32 i = (addr * 2654435761u) >> 16;

    while (seen[i].addr && seen[i].addr != addr)
        i = (i + 1) % SEEN_SLOTS;
    if (!seen[i].addr) {
        if (used > SEEN_SLOTS / 4 * 3) {
            anybody = (struct seen_word){0, 0xff, true, false};
            return &anybody;
        }
        used++;
        seen[i].addr = addr;
    }
    return &seen[i];
}

static always_inline bool is_shared(const struct seen_word *w)
{
    return w->written && (w->cpus & (w->cpus - 1));
}

static always_inline bool learn(u32 addr, u8 cpus, bool writes)
{
    struct seen_word *w = seen_word(addr);
    bool before = is_shared(w);

    w->cpus |= cpus;
    w->written |= writes;
    missed_n += !before && is_shared(w) && w->passed;
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

/* ---- which states were seen, how many deviations were left there, and what is below them ---- */

/* The lowest bits of a state make room for the number left, plus one. */
#define LEFT_BITS 0x1fu
static struct key_table states = {.ignored = LEFT_BITS};
static struct key_table counts = {.numbered = true};

static u64 key_of(u64 state, u32 left)
{
    return (state & ~(u64)LEFT_BITS) | (left + 1);
}

bool note_state(u64 state, u32 left)
{
    u64 *slot = &states.keys[keys_find(&states, state)];
    bool is_new = !*slot;

    if (!is_new && (*slot & LEFT_BITS) > left)
        return false;
    if (is_new && keys_full(&states))
        return true; /* no room: explored again */
    *slot = key_of(state, left);
    if (is_new)
        keys_added(&states);
    return true;
}

bool note_count(u64 state, u32 left, double schedules)
{
    u64 key = key_of(state, left);
    u32 slot = keys_find(&counts, key);

    if (counts.keys[slot])
        return counts.numbers[slot] == schedules;
    if (keys_full(&counts))
        return true;
    counts.keys[slot] = key;
    counts.numbers[slot] = schedules;
    keys_added(&counts);
    return true;
}

double count_below(u64 state, u32 left)
{
    u32 slot = keys_find(&counts, key_of(state, left));

    return counts.keys[slot] ? counts.numbers[slot] : 1;
}

void forget_states(void)
{
    for (u32 i = 0; i < SEEN_SLOTS; i++)
        seen[i].passed = false;
    missed_n = 0;
    keys_forget(&states);
    keys_forget(&counts);
}

void pass_over(u32 addr)
{
    seen_word(addr)->passed = true;
}

u32 words_missed(void)
{
    return missed_n;
}
u32 states_known(void)
{
    return states.used;
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
