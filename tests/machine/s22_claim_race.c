/*
 * S22: two CPUs claim the same free frames, and each frame has exactly one winner. They meet once for a whole
 * batch and not for each frame: on a host with fewer processors than the machine a meeting waits until the
 * host has let everybody run. Within a batch both go through the frames in the same order and keep close, as
 * far as that costs nothing; in every fourth batch in opposite orders, and cross in the middle.
 */
#include "arch/clock.h"
#include "arch/trap.h"
#include "diag/counters.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/frame/frames.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define BATCH   500u
#define BRIEF   4u                 /* batches */
#define FULL    (1000000u / BATCH) /* S22 */
#define RUNNERS 2u
#define SPINS   8u

struct runner {
    struct page *got[BATCH]; /* of this batch; NULL: the other's */
    u32 at;                  /* the frame of the batch that it has come to, plus one */
    u32 inside;              /* the frame that it is claiming, plus one */
    u32 wins, meetings;      /* meetings: claims that the other was inside of at the same time */
    struct random rnd;
} cacheline_aligned;

static struct {
    pfn_t frame[BATCH];
    struct runner runner[RUNNERS];
    atomic_t arrived;
    u32 wrong;
} race;

/* Waits a moment for the other to come as far; not for long, the host may have stopped it. */
static void stay_close(struct runner *me, const struct runner *other, u32 i)
{
    store_release(&me->at, i + 1);
    for (u32 spins = 0; spins < SPINS && load_acquire(&other->at) <= i; spins++)
        cpu_relax();
}

/* Both have come to the n-th meeting. */
static void meet(u32 n)
{
    atomic_inc(&race.arrived);
    while ((u32)atomic_read(&race.arrived) < n * RUNNERS) {
        crosscall_poll(); /* a claim may drain the caches of all CPUs */
        cpu_relax();
    }
}

static void claim(struct runner *me, const struct runner *other, u32 i)
{
    if (random_below(&me->rnd, 2))
        clock_schedule_noise(); /* the deterministic machine ends our slice somewhere in here */
    (void)__atomic_exchange_n(&me->inside, i + 1, __ATOMIC_SEQ_CST);
    me->got[i] = page_claim(race.frame[i]);
    me->wins += me->got[i] != NULL;
    me->meetings += READ_ONCE(other->inside) == i + 1;
    WRITE_ONCE(me->inside, 0);
}

static void claim_batch(struct runner *me, struct runner *other, bool opposite)
{
    for (u32 i = 0; i < BATCH; i++) {
        if (!opposite)
            stay_close(me, other, i);
        claim(me, other, opposite && me > other ? BATCH - 1 - i : i);
    }
}

/* By one runner, while the other waits. */
static void check_batch(void)
{
    for (u32 i = 0; i < BATCH; i++) {
        struct page *a = race.runner[0].got[i], *b = race.runner[1].got[i], *won = a ? a : b;
        if (!won || (a && b) || page_pfn(won) != race.frame[i] || page_refs(won) != 1)
            race.wrong++;
        if (won)
            page_put(won);
    }
}

static void claim_batches(void *arg)
{
    u32 self = (uintptr_t)arg, batches = test_count(BRIEF, FULL);
    struct runner *me = &race.runner[self], *other = &race.runner[1 - self];

    for (u32 batch = 0; batch < batches; batch++) {
        WRITE_ONCE(me->at, 0);
        meet(3 * batch + 1);
        claim_batch(me, other, batch % 4 == 3);
        meet(3 * batch + 2);
        if (self == 0) {
            check_batch();
            test_progress(batch + 1, batches);
        }
        meet(3 * batch + 3);
        task_yield(); /* a slow host's watchdog wants to see a switch now and then */
    }
}

/* Free frames of a zone that nobody else takes from while there are others; how many were found. */
static u32 find_frames(void)
{
    u32 n = 0;

    for (pfn_t pfn = 0; pfn < DMA_LIMIT_PFN && n < BATCH; pfn++) {
        struct page *page = page_claim(pfn);
        if (!page)
            continue;
        page_put(page);
        race.frame[n++] = pfn;
    }
    return n;
}

static void note_outcome(u32 batches, u32 drains)
{
    const struct runner *r = race.runner;

    test_note(
        "%u frames claimed by both of two CPUs: %u and %u won; %u times both were inside the claim of one frame",
        batches * BATCH, r[0].wins, r[1].wins, r[0].meetings + r[1].meetings);
    test_note("%u times a loser saw a frame out of its zone and not yet in use, and emptied all caches",
              drains);
}

TEST(s22_claim_race, .cpus = 2, .limit_ticks = 60000,
     .shows = "of two CPUs that claim one free frame exactly one wins, every time")
{
    u32 batches = test_count(BRIEF, FULL);

    memset(&race, 0, sizeof race);
    frames_drain_caches();
    check_eq(find_frames(), BATCH);
    struct scene *s = scene_begin();
    u32 calls = counter_sum(COUNT_crosscall);
    for (u32 i = 0; i < RUNNERS && !test_failed(); i++) {
        random_seed(&race.runner[i].rnd, 22 + i);
        actor_start(s, i, claim_batches, (void *)(uintptr_t)i);
    }
    scene_join(s);
    note_outcome(batches, counter_sum(COUNT_crosscall) - calls);
    scene_end(s);
    check_eq(race.wrong, 0);
    check_eq(race.runner[0].wins + race.runner[1].wins, batches * BATCH);
}
