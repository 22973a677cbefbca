/* S22: all CPUs claim the same free frame, round after round; each round has exactly one winner. */
#include "mm/frame/frames.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define ROUNDS 300u

struct race {
    pfn_t pfn;
    u32 runners;
    atomic_t ready, finished,
        winners; /* of all rounds: a round begins when ready reaches its multiple of runners */
    u32 wrong;
};

/* Spins until `count` have arrived; nobody is behind by more than one round. */
static void meet(atomic_t *at, u32 count)
{
    atomic_inc(at);
    while ((u32)atomic_read(at) < count) {
        crosscall_poll(); /* a claim drains the caches of all CPUs */
        cpu_relax();
    }
}

static void claim_each_round(void *arg)
{
    struct race *race = arg;

    for (u32 round = 1; round <= ROUNDS * test_scale; round++) {
        meet(&race->ready, round * race->runners);
        struct page *mine = page_claim(race->pfn);
        if (mine) {
            atomic_inc(&race->winners);
            if (page_pfn(mine) != race->pfn || page_refs(mine) != 1)
                race->wrong++;
        }
        meet(&race->finished, round * race->runners);
        if (mine && (u32)atomic_read(&race->winners) != round)
            race->wrong++;
        if (mine)
            page_put(mine); /* before it runs for the next round: `ready` is not full without the winner */
    }
}

TEST(s22_claim_race, .cpus = 2, .limit_ticks = 60000,
     .shows = "of all CPUs that claim one free frame exactly one wins, every time")
{
    struct page *page = page_alloc(GFP_DMA); /* a zone that nobody else takes from while there are others */
    struct race race = {.pfn = page_pfn(page), .runners = cpu_count()};

    check(page != NULL);
    page_put(page);
    struct scene *s = scene_begin();
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        actor_start(s, cpu, claim_each_round, &race);
    scene_end(s);
    check_eq(race.wrong, 0);
    check_eq(atomic_read(&race.winners), ROUNDS * test_scale);
}
