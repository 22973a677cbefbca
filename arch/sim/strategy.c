/* Strategies: see strategy.h. Runs on the machine's fibers; touches nothing of the kernel. */
#include "arch/sim/strategy.h"
#include "arch/sim/machine.h"
#include "arch/sim/search.h"
#include "arch/sim/search_tables.h"
#include "lib/random.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCT_DEPTH_MAX 16u

static const struct schedule *now;
static struct random dice;
static u32 switch_odds;            /* random: one in so many steps leaves the default */
static u32 priority[SIM_CPUS_MAX]; /* pct: higher runs first */
static u32 change_at[PCT_DEPTH_MAX];
static u32 lowest;   /* pct: what the next lowered CPU gets, counting down */
static u32 position; /* list: next deviation */

static void pct_begin(u32 cpus)
{
    for (u32 i = 0; i < cpus; i++) {
        u32 j = random_below(&dice, i + 1);
        priority[i] = priority[j];
        priority[j] = (1u << 30) + i;
    }
    for (u32 i = 0; i + 1 < now->depth && i < PCT_DEPTH_MAX; i++)
        change_at[i] = random_below(&dice, now->length ? now->length : 1);
    lowest = 1u << 29;
}

void strategy_begin(const struct schedule *schedule, u32 cpus)
{
    now = schedule;
    position = 0;
    random_seed(&dice, schedule->seed);
    switch_odds = 1u << (1 + 2 * random_below(&dice, 4));
    if (schedule->kind == STRATEGY_PCT)
        pct_begin(cpus);
}

u32 strategy_interrupts(u32 cpu)
{
    return (clock_has_use_for_tick(cpu) ? CHOSEN_TICK : 0) | (interrupts_wait(cpu) ? CHOSEN_DEAF : 0);
}

/* Now and then something happens to the chosen CPU's interrupts, too; `halted` ones may get a tick as well.
 */
static u32 random_interrupt(u32 chosen)
{
    u32 can = strategy_interrupts(chosen);

    if (can && !random_below(&dice, 4))
        chosen |= can & (random_below(&dice, 2) ? CHOSEN_TICK : CHOSEN_DEAF);
    return chosen;
}

/* CPUs that sleep until a timer of theirs is due: it may be due now. */
static u32 sleepers(u32 enabled)
{
    u32 found = 0;

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if (!(enabled & (1u << cpu)) && vcpus[cpu].halted && clock_has_use_for_tick(cpu))
            found |= 1u << cpu;
    return found;
}

static u32 nth_bit(u32 bits, u32 n)
{
    while (n--)
        bits &= bits - 1;
    return (u32)__builtin_ctz(bits);
}

static u32 random_pick(const struct choice *c)
{
    if (random_below(&dice, switch_odds))
        return c->usual;
    u32 asleep = sleepers(c->enabled), all = c->enabled | asleep;
    u32 cpu = nth_bit(all, random_below(&dice, (u32)__builtin_popcount(all)));
    return asleep & (1u << cpu) ? cpu | CHOSEN_TICK : random_interrupt(cpu);
}

/* At a change point: an interrupt is an event like any other, so the timer's may come here as well. */
static u32 pct_change(const struct choice *c)
{
    u32 asleep = sleepers(c->enabled), all = c->enabled | asleep;
    u32 cpu = nth_bit(all, random_below(&dice, (u32)__builtin_popcount(all)));

    return clock_has_use_for_tick(cpu) && random_below(&dice, 2) ? cpu | CHOSEN_TICK : ~0u;
}

/* A CPU that spins, or whose turn is over, falls to the end, or it would starve the one it waits for. */
static u32 pct_pick(const struct choice *c)
{
    bool lower = c->kind == STEP_SPIN || c->usual != c->here, change = false;
    u32 best = (u32)__builtin_ctz(c->enabled);

    for (u32 i = 0; i + 1 < now->depth && i < PCT_DEPTH_MAX; i++)
        change |= change_at[i] == c->step;
    u32 tick = change ? pct_change(c) : ~0u;
    if (tick != ~0u)
        return tick;
    if (lower || change)
        priority[c->here] = lowest--;
    for (u32 cpu = 0; cpu < SIM_CPUS_MAX; cpu++)
        if ((c->enabled & (1u << cpu)) && priority[cpu] > priority[best])
            best = cpu;
    return best;
}

/* An entry that cannot be had any more, since shortening dropped another, is the default. */
static u32 list_pick(const struct choice *c)
{
    while (position < now->count && now->list[position].step < c->step)
        position++;
    if (position == now->count || now->list[position].step != c->step)
        return c->usual;
    u32 chosen = now->list[position].chosen, cpu = chosen & CHOSEN_CPU;
    if (c->enabled & (1u << cpu))
        return chosen;
    return (chosen & CHOSEN_TICK) && (sleepers(c->enabled) & (1u << cpu)) ? chosen : c->usual;
}

u32 strategy_idle_until(void)
{
    if (!now || now->kind == STRATEGY_USUAL || (now->kind == STRATEGY_SEARCH && !search_varies_interrupts()))
        return ~0u;
    if (now->kind == STRATEGY_LIST)
        return position < now->count ? now->list[position].step : ~0u;
    return 0;
}

void strategy_saw(const volatile void *addr, u32 cpu, bool writes)
{
    if (addr && now && now->kind == STRATEGY_SEARCH)
        search_saw(addr, cpu, writes);
}

void strategy_told(const volatile void *addr)
{
    if (now && now->kind == STRATEGY_SEARCH)
        learn_written((u32)(uintptr_t)addr);
}

u32 strategy_pick(const struct choice *c)
{
    if (!now)
        return c->usual;
    switch (now->kind) {
    case STRATEGY_USUAL:
        return c->usual;
    case STRATEGY_RANDOM:
        return random_pick(c);
    case STRATEGY_PCT:
        return pct_pick(c);
    case STRATEGY_LIST:
        return list_pick(c);
    case STRATEGY_SEARCH:
        return search_pick(c);
    }
    return c->usual;
}

/* ---- schedules as text ---- */

static int picks_print(char *text, size_t size, const struct schedule *s)
{
    if (s->kind == STRATEGY_USUAL)
        return snprintf(text, size, "usual");
    if (s->kind == STRATEGY_RANDOM)
        return snprintf(text, size, "random:%llu", (unsigned long long)s->seed);
    if (s->kind == STRATEGY_PCT)
        return snprintf(text, size, "pct:%u:%llu", s->depth, (unsigned long long)s->seed);
    int n = snprintf(text, size, "list:");
    for (u32 i = 0; i < s->count && (size_t)n < size; i++)
        n += snprintf(text + n, size - n, "%s%u:%u%s%s", i ? "," : "", s->list[i].step,
                      s->list[i].chosen & CHOSEN_CPU, s->list[i].chosen & CHOSEN_TICK ? "t" : "",
                      s->list[i].chosen & CHOSEN_DEAF ? "d" : "");
    return n;
}

int schedule_print(char *text, size_t size, const struct schedule *s)
{
    int n = s->forget ? snprintf(text, size, "forget:%u:", s->forget) : 0;

    return n + ((size_t)n < size ? picks_print(text + n, size - (size_t)n, s) : 0);
}

static const char *list_parse(const char *text, struct schedule *s)
{
    u32 room = (u32)strlen(text) / 2 + 1;

    s->kind = STRATEGY_LIST;
    s->list = calloc(room, sizeof(*s->list));
    while (*text) {
        unsigned step, chosen;
        int used = 0;
        if (sscanf(text, "%u:%u%n", &step, &chosen, &used) != 2 || chosen >= SIM_CPUS_MAX)
            return "a list has the form STEP:CPU,STEP:CPU";
        text += used;
        if (*text == 't' || *text == 'd')
            chosen |= *text++ == 't' ? CHOSEN_TICK : CHOSEN_DEAF;
        if (s->count && s->list[s->count - 1].step >= step)
            return "the steps of a list must grow";
        s->list[s->count++] = (struct deviation){step, chosen};
        if (*text == ',')
            text++;
        else if (*text)
            return "a list has the form STEP:CPU,STEP:CPU";
    }
    return NULL;
}

const char *schedule_parse(const char *text, struct schedule *s)
{
    unsigned long long seed;
    unsigned forget = 0;
    int used = 0;

    if (sscanf(text, "forget:%u:%n", &forget, &used) == 1 && used)
        text += used;
    *s = (struct schedule){.kind = STRATEGY_USUAL, .forget = forget};
    if (!strcmp(text, "usual"))
        return NULL;
    if (sscanf(text, "random:%llu%n", &seed, &used) == 1 && !text[used]) {
        s->kind = STRATEGY_RANDOM;
        s->seed = seed;
        return NULL;
    }
    if (sscanf(text, "pct:%u:%llu%n", &s->depth, &seed, &used) == 2 && !text[used] && s->depth >= 1 &&
        s->depth <= PCT_DEPTH_MAX) {
        s->kind = STRATEGY_PCT;
        s->seed = seed;
        return NULL;
    }
    if (!strncmp(text, "list:", 5))
        return list_parse(text + 5, s);
    return "it is none of usual, random:SEED, pct:DEPTH:SEED, list:STEP:CPU,... with or without forget:SEED: in front";
}

void schedule_of_run(const struct run *r, struct schedule *s)
{
    u32 n = 0;

    *s = (struct schedule){.kind = STRATEGY_LIST};
    for (u32 i = 0; i < r->steps; i++)
        n += r->step[i].chosen != r->step[i].usual;
    s->list = calloc(n + 1, sizeof(*s->list));
    for (u32 i = 0; i < r->steps; i++)
        if (r->step[i].chosen != r->step[i].usual)
            s->list[s->count++] = (struct deviation){i, r->step[i].chosen};
}
