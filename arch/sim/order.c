/* See order.h. Built without hooks: what it writes to is logged here by hand, or saved whole (sim_order). */
#include "arch/sim/order.h"
#include "arch/cpu.h"
#include "arch/sim/machine.h"
#include "arch/sim/undo_log.h"

#define LOCATIONS (1u << 15)

struct sim_order sim_order;

static struct location {
    u32 addr;
    u32 read[SIM_CPUS_MAX];               /* the latest reads since the write, one of each CPU */
    u64 written;                          /* the past of the latest write, itself included */
    u64 time_ns;                          /* the clock of the latest write at a choice point */
    u64 clocked;                          /* how many there were */
} cacheline_aligned locations[LOCATIONS]; /* a line each, of the host */

/* For one b it takes each a to another number, and the other way round. One multiplication of 64 bits: there
 * are several for each step. */
static u64 mix(u64 a, u64 b)
{
    u64 h = ((a << 23 | a >> 41) ^ b) * 0xbf58476d1ce4e5b9ull;
    return h ^ (h >> 32);
}

/* Where the table is full, all further addresses are one location: more order than there is, never less. */
static struct location *location_of(const volatile void *p)
{
    u32 addr = ((u32)(uintptr_t)p & ~3u) | 1, i = (addr * 2654435761u) >> 17;

    for (u32 probes = 0; probes < 64; probes++, i = (i + 1) % LOCATIONS) {
        if (locations[i].addr == addr)
            return &locations[i];
        if (!locations[i].addr) {
            log_small(&locations[i].addr);
            locations[i].addr = addr;
            return &locations[i];
        }
    }
    return &locations[i];
}

static void keep_up(u32 cpu, const struct location *l, u64 what)
{
    sim_order.time_turn[cpu].now = mix(sim_order.time_turn[cpu].now, what);
    if (sim_order.time_ns[cpu] < l->time_ns)
        sim_order.time_ns[cpu] = l->time_ns;
}

static void add_to_past(u32 cpu, u64 what)
{
    sim_order.past_turn[cpu].now = mix(sim_order.past_turn[cpu].now, what);
    sim_order.past[cpu] = mix(sim_order.past[cpu], what);
}

static void read_location(struct location *l, u32 cpu)
{
    add_to_past(cpu, l->written + l->addr);
    log_small(&l->read[cpu]);
    l->read[cpu] = (u32)sim_order.past[cpu];
}

static void write_location(struct location *l, u32 cpu)
{
    u64 seen = l->written + l->addr;

    log_bytes(&l->written, sizeof(l->written));
    for (u32 i = 0; i < sim_cpu_total; i++) {
        if (!l->read[i])
            continue;
        seen = mix(seen, ((u64)l->read[i] << 8) + i);
        log_small(&l->read[i]);
        l->read[i] = 0;
    }
    add_to_past(cpu, ~seen);
    l->written = sim_order.past[cpu];
}

void order_saw(const volatile void *addr)
{
    read_location(location_of(addr), cpu_id());
}

void order_told(const volatile void *addr)
{
    write_location(location_of(addr), cpu_id());
}

void order_read(const volatile void *addr)
{
    u32 cpu = cpu_id();
    struct location *l = location_of(addr);

    keep_up(cpu, l, l->clocked + l->addr);
    read_location(l, cpu);
}

void order_write(const volatile void *addr)
{
    u32 cpu = cpu_id();
    struct location *l = location_of(addr);

    log_bytes(&l->time_ns, sizeof(l->time_ns) + sizeof(l->clocked));
    keep_up(cpu, l, ~(l->clocked + l->addr));
    write_location(l, cpu);
    l->time_ns = sim_order.time_ns[cpu];
    l->clocked++;
}

void order_local(u32 what)
{
    u32 cpu = cpu_id();

    add_to_past(cpu, what);
    sim_order.time_turn[cpu].now = mix(sim_order.time_turn[cpu].now, what);
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
