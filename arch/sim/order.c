/* See order.h. Built without hooks: what it writes to is logged here by hand, or saved whole (sim_order). */
#include "arch/sim/order.h"
#include "arch/cpu.h"
#include "arch/sim/machine.h"
#include "arch/sim/undo_log.h"

#define LOCATIONS (1u << 15)

struct sim_order sim_order;

static struct location {
    u32 addr;
    u32 writer;  /* CPU of the latest write */
    u64 written; /* its past then, which names what it wrote; 0: nobody has written */
    u64 time_ns; /* the clock of the latest write at a choice point */
    u32 clocked; /* how many there were */
    u32 epoch;   /* logged in this one (undo_log.h) */
} locations[LOCATIONS] __attribute__((aligned(32))); /* two to a line of the host */

/* For one b it takes each a to another number, and the other way round. One multiplication of 64 bits: there
 * are several for each step. */
static u64 mix(u64 a, u64 b)
{
    u64 h = ((a << 23 | a >> 41) ^ b) * 0xbf58476d1ce4e5b9ull;
    return h ^ (h >> 32);
}

/* What a turn read, to be held against the next turn and nothing else: a polynomial will do. */
static always_inline void add_to_turn(struct sim_turn *turn, u64 what)
{
    turn->now = turn->now * 0x9e3779b1u + what;
}

/*
 * The word's location, or the free one (address 0) where it would be. Where the table is full, all further
 * addresses are one location: more order than there is, never less.
 */
static always_inline struct location *slot_of(u32 addr)
{
    u32 i = (addr * 2654435761u) >> 17;

    for (u32 probes = 0; probes < 64 && locations[i].addr != addr && locations[i].addr; probes++)
        i = (i + 1) % LOCATIONS;
    return &locations[i];
}

static always_inline u32 word_of(const volatile void *p)
{
    return ((u32)(uintptr_t)p & ~3u) | 1;
}

/* It is about to be written. */
static always_inline struct location *location_of(const volatile void *p)
{
    u32 addr = word_of(p);
    struct location *l = slot_of(addr);

    if (unlikely(!l->addr)) {
        log_small(&l->addr);
        l->addr = addr;
    }
    if (l->epoch != undo_log.epoch && undo_on) {
        l->epoch = undo_log.epoch;
        log_fresh_words(&l->writer,
                        (offsetof(struct location, epoch) - offsetof(struct location, writer)) / 4);
    }
    return l;
}

void order_forget_epochs(void)
{
    for (u32 i = 0; i < LOCATIONS; i++)
        locations[i].epoch = 0;
}

static always_inline void keep_up(u32 cpu, const struct location *l, u64 what)
{
    add_to_turn(&sim_order.time_turn[cpu], what);
    if (sim_order.time_ns[cpu] < l->time_ns)
        sim_order.time_ns[cpu] = l->time_ns;
}

static always_inline void add_to_past(u32 cpu, u64 what)
{
    add_to_turn(&sim_order.past_turn[cpu], what);
    sim_order.past[cpu] = mix(sim_order.past[cpu], what);
}

/*
 * Between two choice points nobody else runs, so what a CPU does there follows from its past as far as that
 * tells what it has read of others. What nobody has written, or the CPU itself was the last to write, says
 * nothing new (and most that is marked is such): only a turn of a spin has to know that it was looked at.
 */
static always_inline void add_news(u32 cpu, const struct location *l, u64 what)
{
    if (l->written && l->writer != cpu)
        add_to_past(cpu, what);
    else
        add_to_turn(&sim_order.past_turn[cpu], what);
}

/* Several writes between two choice points have one name: the last is all that anybody sees of them. */
static always_inline void name_write(struct location *l, u32 cpu)
{
    l->writer = cpu;
    l->written = sim_order.past[cpu];
}

void order_saw(const volatile void *addr)
{
    u32 cpu = cpu_id();
    const struct location *l = slot_of(word_of(addr));

    add_news(cpu, l, l->written + word_of(addr));
}

void order_told(const volatile void *addr)
{
    u32 cpu = cpu_id();
    struct location *l = location_of(addr);

    add_news(cpu, l, ~(l->written + l->addr));
    name_write(l, cpu);
}

/* A choice point is in the past whatever it finds: where the CPU stands has to follow from it. */
void order_read(const volatile void *addr)
{
    u32 cpu = cpu_id();
    const struct location *l = slot_of(word_of(addr));

    keep_up(cpu, l, l->clocked + word_of(addr));
    add_to_past(cpu, l->written + word_of(addr));
}

void order_write(const volatile void *addr)
{
    u32 cpu = cpu_id();
    struct location *l = location_of(addr);

    keep_up(cpu, l, ~((u64)l->clocked + l->addr));
    add_to_past(cpu, ~(l->written + l->addr));
    name_write(l, cpu);
    l->time_ns = sim_order.time_ns[cpu];
    l->clocked++;
}

void order_local(u32 what)
{
    u32 cpu = cpu_id();

    add_to_past(cpu, what);
    add_to_turn(&sim_order.time_turn[cpu], what);
}

void order_leap(u32 cpu, u64 then)
{
    add_to_past(cpu, then);
}

/* One turn is over: what is left of it. */
static u64 end_turn(struct sim_turn *t, u64 kept)
{
    if (t->now != t->last)
        t->before = kept;
    t->last = t->now;
    t->now = 0;
    return t->before;
}

bool order_spin(void)
{
    u32 cpu = cpu_id();
    bool forgotten = sim_order.past_turn[cpu].now == sim_order.past_turn[cpu].last;

    sim_order.past[cpu] = end_turn(&sim_order.past_turn[cpu], sim_order.past[cpu]);
    sim_order.time_ns[cpu] = end_turn(&sim_order.time_turn[cpu], sim_order.time_ns[cpu]);
    return forgotten;
}

u64 order_state(u32 cpus)
{
    u64 h = 0;

    for (u32 cpu = 0; cpu < cpus; cpu++)
        h = mix(h, sim_order.past[cpu]);
    return h;
}
