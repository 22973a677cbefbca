/* See races.h. Built without hooks; every word of what is known here is logged by hand, so it goes back in
 * time with the run. */
#include "arch/sim/races.h"
#include "arch/cpu.h"
#include "arch/sim/machine.h"
#include "arch/sim/run.h"
#include "arch/sim/undo_log.h"
#include "diag/bootwords.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

bool races_on;
static bool wanted;
BOOT_FLAG(races, "explorer: a data race between plain accesses is a failure", &wanted);

bool races_wanted(void)
{
    return wanted;
}
void races_watch(bool running)
{
    races_on = running && undo_on && wanted;
}

/* ---- clocks: how much of each CPU's past a CPU knows of ---- */

static u32 known[SIM_CPUS_MAX][SIM_CPUS_MAX];

/* What an acquire of the word learns. Where the table is full, the rest share a row: more order than there
 * is, so a race may be missed, none invented. */
#define WORDS (1u << 15)
static struct sync_word {
    u32 addr;
    u32 known[SIM_CPUS_MAX];
} sync_words[WORDS];

/* A page of the kernel window is known by its frame. */
static u32 home_of(u32 at)
{
    return at - KWINDOW_BASE < KWINDOW_END - KWINDOW_BASE ? memory_window_direct(at) : at;
}

static void set(u32 *at, u32 value)
{
    log_word((u32)(uintptr_t)at);
    *at = value;
}

static struct sync_word *sync_word(const volatile void *p)
{
    u32 addr = (home_of((u32)(uintptr_t)p) & ~3u) | 1, i = (addr * 2654435761u) >> 17;

    for (u32 probes = 0; probes < 64; probes++, i = (i + 1) % WORDS) {
        if (sync_words[i].addr == addr)
            return &sync_words[i];
        if (!sync_words[i].addr) {
            set(&sync_words[i].addr, addr);
            return &sync_words[i];
        }
    }
    return &sync_words[i];
}

void races_acquire(const volatile void *word)
{
    const struct sync_word *w = sync_word(word);
    u32 *mine = known[cpu_id()];

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if (mine[cpu] < w->known[cpu])
            set(&mine[cpu], w->known[cpu]);
}

void races_release(const volatile void *word, size_t bytes)
{
    struct sync_word *w = sync_word(word);
    u32 *mine = known[cpu_id()];

    set(&mine[cpu_id()], mine[cpu_id()] + 1);
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++) /* a byte's store leaves what the word's others told */
        if (bytes >= 4 ? w->known[cpu] != mine[cpu] : w->known[cpu] < mine[cpu])
            set(&w->known[cpu], mine[cpu]);
}

/* ---- who touched a word last ---- */

struct slot {
    u32 age : 22; /* which of the CPU's releases comes after it, counted from 1; 0: nothing here */
    u32 cpu : 3, how : 3, bytes : 4; /* `bytes`: a bit for each of the word's */
    u32 ip;
};
static_assert(sizeof(struct slot) == 8 && SIM_CPUS_MAX <= 8, "two words to be undone");
/* With two CPUs this is hardly ever too few; then an old one is forgotten. */
#define SLOTS 4u
struct cell {
    struct slot slot[SLOTS];
};
static struct cell *cells_of_page[1u << (32 - PAGE_SHIFT)];

static struct cell *cell_of(u32 at)
{
    struct cell **page = &cells_of_page[at >> PAGE_SHIFT];

    if (unlikely(!*page)) {
        *page = mmap(NULL, PAGE_SIZE / 4 * sizeof(**page), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (*page == MAP_FAILED) {
            perror("who touched which word");
            exit(2);
        }
    }
    return &(*page)[(at & ~PAGE_MASK) / 4];
}

static always_inline bool is_known(const struct slot *s, u32 cpu)
{
    return s->cpu == cpu || s->age <= known[cpu][s->cpu];
}

/* Whoever races with `old` and comes after `new` races with `new` as well. */
static always_inline bool stands_for(const struct slot *new, const struct slot *old)
{
    return is_known(old, new->cpu) && !(old->bytes & ~new->bytes) &&
           (new->how &ACCESS_WRITES) >= (old->how & ACCESS_WRITES) &&
           (new->how &(ACCESS_MARKED | ACCESS_USER)) <= (old->how & (ACCESS_MARKED | ACCESS_USER));
}

static always_inline bool conflict(const struct slot *a, const struct slot *b)
{
    return (a->bytes & b->bytes) && ((a->how | b->how) & ACCESS_WRITES) &&
           (!(a->how & ACCESS_MARKED) || !(b->how & ACCESS_MARKED));
}

static const char *whose(const struct slot *s)
{
    return s->how & ACCESS_USER ? " for a program" : s->how & ACCESS_MARKED ? " (marked)" : "";
}

static cold noreturn void report(u32 at, const struct slot *now, const struct slot *before)
{
    races_on = false;
    sim_fail("data race: CPU %u %s word %#x%s at " PLACE ", CPU %u %s it%s at " PLACE
             ", and nothing orders the two",
             now->cpu, now->how & ACCESS_WRITES ? "writes" : "reads", at, whose(now), now->ip, before->cpu,
             before->how & ACCESS_WRITES ? "wrote" : "read", whose(before), before->ip);
}

static void touch_word(u32 at, const struct slot *now)
{
    struct cell *cell = cell_of(at);
    struct slot *place = NULL;

    for (struct slot *s = cell->slot; s < cell->slot + SLOTS; s++) {
        if (!s->age) {
            place = place ? place : s;
            break;
        }
        if (s->age == now->age && s->cpu == now->cpu && stands_for(s, now))
            return; /* the same as a moment ago */
        if (!is_known(s, now->cpu) && conflict(s, now))
            report(at, now, s);
        if (!place && stands_for(now, s))
            place = s;
    }
    place = place ? place : &cell->slot[now->age % SLOTS];
    log_word((u32)(uintptr_t)place);
    log_word((u32)(uintptr_t)&place->ip);
    *place = *now;
}

void races_touch(const volatile void *p, size_t n, enum access how, u32 ip)
{
    u32 at = (u32)(uintptr_t)p, end = at + n, cpu = cpu_id();
    struct slot now = {.age = known[cpu][cpu] + 1, .cpu = cpu, .how = how, .ip = ip};

    for (; at < end; at = (at & ~3u) + 4) {
        u32 bytes = MIN(end - (at & ~3u), 4u);
        now.bytes = ((1u << bytes) - 1) & ~((1u << (at & 3)) - 1);
        touch_word(home_of(at & ~3u), &now);
    }
}
