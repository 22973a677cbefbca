/* S09, S10, S12 on four CPUs: kvalloc and kvfree at random. That kvalloc never gets into itself is asserted
 * at each of its entries (mm/kernel/kvalloc.c); that each descriptor page describes itself is walked by
 * kv_check() while the storm goes on. */
#include "lib/random.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define LIVE       64u
#define OPERATIONS 400u

struct storm {
    u32 seed;
    u32 failed;
};

static void check_and_free(u32 *p, u32 mark)
{
    if (p)
        check_eq(*p, mark);
    kvfree(p);
}

static void storm(void *arg)
{
    struct storm *storm = arg;
    u32 *live[LIVE] = {NULL};
    struct random rnd;

    random_seed(&rnd, storm->seed);
    for (u32 op = 0; op < OPERATIONS * test_scale && !test_failed(); op++) {
        u32 i = random_below(&rnd, LIVE), mark = storm->seed << 16 | i;
        if (live[i]) {
            check_and_free(live[i], mark);
            live[i] = NULL;
        } else if ((live[i] = kvalloc(PAGE_SIZE * (1 + random_below(&rnd, 5)), "storm", 0)) != NULL) {
            *live[i] = mark;
        } else {
            storm->failed++;
        }
        if (op % 100 == 0)
            check(kv_check());
        task_yield(); /* all CPUs want one lock: on a host with fewer processors the watchdog would see no
                         switch for long */
    }
    for (u32 i = 0; i < LIVE; i++)
        check_and_free(live[i], storm->seed << 16 | i);
}

TEST(s12_kvalloc_storm, .cpus = 2, .limit_ticks = 100000,
     .shows = "random kvalloc and kvfree on every CPU: no overlap, no recursion, nothing left behind")
{
    struct storm storms[MAX_CPUS];

    kvalloc_purge();
    u32 pages = kv_pages_in_use();
    struct scene *s = scene_begin();
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        storms[cpu] = (struct storm){.seed = cpu + 1};
        actor_start(s, cpu, storm, &storms[cpu]);
    }
    scene_end(s);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        check_eq(storms[cpu].failed, 0);
    kvalloc_purge();
    check(kv_check());
    test_note("%u pages of the window in use before, %u after", pages, kv_pages_in_use());
    check(kv_pages_in_use() <=
          pages + 3); /* emptied descriptor pages went back, but for a few slots in hand */
}
