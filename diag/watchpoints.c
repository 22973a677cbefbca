/*
 * Soft watchpoints: see watchpoints.h. Built without hooks.
 *
 *            the waiter                          somebody who comes by
 *     word   0 -> TAKEN (cmpxchg)
 *            fills `waited`
 *            TAKEN -> address (release)          finds its address
 *            waits                               address -> MET (cmpxchg)
 *                                                fills `came`
 *            address -> 0: nobody came           MET -> TOLD (release)
 *            or waits for TOLD, reports, -> 0
 */
#ifdef FL_RACES
#include "diag/watchpoints.h"
#include "arch/cpu.h"
#include "arch/memmap.h"
#include "lib/compiler.h"
#include "lib/random.h"

#define BOARD      64u   /* a power of two */
#define WAIT_TURNS 40u   /* each a PAUSE: long beside a few accesses, short beside a time slice */
#define ONE_IN     3000u /* about one plain access in so many waits */
#define KEPT       16u

enum { FREE = 0, TAKEN = 1, MET = 2, TOLD = 3 }; /* any other value: an address, a multiple of four */

static struct watch {
    u32 word;
    struct watched_race race;
} board[BOARD];

/* Written by interrupts of the same CPU as well: a lost count makes a wait come later, no more. */
static struct {
    u32 left;
    struct random dice;
} skip[MAX_CPUS];

static u32 watching;
static u32 found_n, found_lock;
static struct watched_race found[KEPT];

static u32 *place_of(u32 word)
{
    return &board[(word >> 2) * 2654435761u >> 26].word;
}

static struct watch *watch_of(u32 *word)
{
    return container_of(word, struct watch, word);
}

static bool is_same(const struct watched_race *a, const struct watched_race *b)
{
    return (a->waited.ip == b->waited.ip && a->came.ip == b->came.ip) ||
           (a->waited.ip == b->came.ip && a->came.ip == b->waited.ip);
}

/* Interrupts are off. */
static cold void report(const struct watched_race *race)
{
    while (__atomic_exchange_n(&found_lock, 1, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
    u32 i = 0, n = found_n;
    while (i < MIN(n, KEPT) && !is_same(&found[i], race))
        i++;
    if (i == MIN(n, KEPT)) {
        if (n < KEPT)
            found[n] = *race;
        __atomic_store_n(&found_n, n + 1, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&found_lock, 0, __ATOMIC_RELEASE);
}

/* ---- who comes by ---- */

static bool overlap(u32 a, u32 a_bytes, u32 b, u32 b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

static cold void meet(u32 *word, u32 at, const struct watched_access *me)
{
    struct watch *w = watch_of(word);
    u32 seen = at & ~3u;

    /* Whoever waits cannot leave from here on, so that what it wrote down can be read. */
    if (!__atomic_compare_exchange_n(word, &seen, MET, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    struct watched_access *waits = &w->race.waited;
    if (waits->cpu == me->cpu || !(waits->writes || me->writes) ||
        !overlap(w->race.at, waits->bytes, at, me->bytes)) {
        __atomic_store_n(word, at & ~3u, __ATOMIC_RELEASE);
        return;
    }
    w->race.came = *me;
    __atomic_store_n(word, TOLD, __ATOMIC_RELEASE);
}

/* ---- who waits ---- */

/* The value as far as it can be read at one go; user-visible devices are not watched, so a read is harmless.
 */
static u32 value_at(u32 at, u32 bytes)
{
    if (bytes == 1)
        return *(volatile u8 *)at;
    return bytes == 2 ? *(volatile u16 *)at : *(volatile u32 *)at;
}

/* Nobody came whose code has hooks, and yet the bytes are others. */
static void report_silent_change(struct watched_race race)
{
    race.came = (struct watched_access){.cpu = race.waited.cpu, .bytes = race.waited.bytes, .writes = true};
    report(&race);
}

static void leave(u32 *word, u32 at, bool changed)
{
    struct watch *w = watch_of(word);

    for (;;) {
        u32 seen = at & ~3u;
        if (__atomic_compare_exchange_n(word, &seen, TAKEN, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            if (changed)
                report_silent_change(w->race);
            break;
        }
        if (seen == TOLD) {
            report(&w->race);
            break;
        }
        __builtin_ia32_pause(); /* somebody is writing down who he is, or finds that we do not conflict */
    }
    __atomic_store_n(word, FREE, __ATOMIC_RELEASE);
}

/* With interrupts off: what this CPU's own interrupt does in between is no race here (irq_save() is what
 * orders the two, and lockdep checks it). */
static void wait_at(u32 at, const struct watched_access *me)
{
    u32 *word = place_of(at), seen = FREE;
    irqflags_t flags = irq_save();

    if (__atomic_compare_exchange_n(word, &seen, TAKEN, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        watch_of(word)->race = (struct watched_race){.at = at, .waited = *me};
        u32 before = value_at(at, me->bytes);
        __atomic_store_n(word, at & ~3u, __ATOMIC_RELEASE);
        for (u32 i = 0; i < WAIT_TURNS; i++)
            __builtin_ia32_pause();
        leave(word, at, value_at(at, me->bytes) != before);
    }
    irq_restore_silent(flags); /* what came on came on before, and was answered for there */
}

static bool is_turn(u32 cpu)
{
    if (skip[cpu].left--)
        return false;
    skip[cpu].left = random_below(&skip[cpu].dice, 2 * ONE_IN);
    return true;
}

/* ---- every access ---- */

static void touch_slowly(u32 at, u32 bytes, bool writes, bool marked, vaddr_t ip)
{
    /* User addresses, page-table mirrors and slots of one CPU mean other memory on another CPU. */
    if (at - DIRECT_BASE >= KWINDOW_END - DIRECT_BASE)
        return;
    struct watched_access me = {
        .ip = ip, .cpu = cpu_id(), .bytes = bytes, .writes = writes, .marked = marked};
    u32 *word = place_of(at);

    if (unlikely(__atomic_load_n(word, __ATOMIC_ACQUIRE) == (at & ~3u)))
        meet(word, at, &me);
    else if (!marked && bytes <= 4 && is_turn(me.cpu))
        wait_at(at, &me);
}

static always_inline void hook_access(const volatile void *p, size_t bytes, bool writes, bool marked,
                                      vaddr_t ip)
{
    if (likely(!__atomic_load_n(&watching, __ATOMIC_RELAXED)))
        return;
    for (u32 at = (u32)p; bytes; at += MIN(bytes, 4u), bytes -= MIN(bytes, 4u))
        touch_slowly(at, MIN(bytes, 4u), writes, marked, ip);
}
#include "diag/access_hooks.h"

void watch_begin(void)
{
    for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
        random_seed(&skip[cpu].dice, cpu + 1);
    found_n = 0;
    __atomic_store_n(&watching, 1, __ATOMIC_RELEASE);
}

u32 watch_end(void)
{
    __atomic_store_n(&watching, 0, __ATOMIC_RELEASE);
    return watch_count();
}

u32 watch_count(void)
{
    return __atomic_load_n(&found_n, __ATOMIC_ACQUIRE);
}

bool watch_found(u32 n, struct watched_race *race)
{
    if (n >= MIN(watch_count(), KEPT))
        return false;
    *race = found[n];
    return true;
}
#endif
