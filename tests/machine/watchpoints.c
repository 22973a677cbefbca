/*
 * The watchpoints of the RACES=1 image: two CPUs add to one word, marked, so that nothing is to be found.
 * With plantrace=1 they do it by plain accesses, and the test must fail with both lines (make races-check).
 */
#ifdef FL_RACES
#include "diag/watchpoints.h"
#include "diag/bootwords.h"
#include "tests/scenario.h"

#define TURNS 200000u /* each CPU waits at some dozens of them */

static bool planted;
BOOT_FLAG(plantrace, "two plain accesses that race, for the watchpoints to find (RACES=1 image)", &planted);

static u32 marked_sum, plain_sum;

static void add_marked(void *arg)
{
    for (u32 i = 0; i < TURNS; i++)
        WRITE_ONCE(marked_sum, READ_ONCE(marked_sum) + 1);
}

static noinline void add_plain(void *arg)
{
    for (u32 i = 0; i < TURNS && watch_count() == 0; i++) {
        plain_sum++;
        barrier(); /* or the compiler makes one addition of all */
    }
}

TEST(watch_two_cpus_add, .cpus = 2,
     .shows = "a data race is found where one is planted, and none where accesses are marked")
{
    struct scene *s = scene_begin();
    actor_script script = planted ? add_plain : add_marked;
    struct actor *other = actor_start(s, 1, script, NULL);

    actor_run(s, 0, script, NULL);
    actor_join(s, other);
    scene_end(s);
}
#endif
