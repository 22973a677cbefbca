/*
 * S09, S10: kvalloc and kvfree at random on all CPUs. That no CPU gets into kvalloc while it is inside is
 * asserted at each entry (kv_enter()), and that the assertion works is shown by getting in on purpose; that
 * each descriptor page describes itself is walked by kv_check() while the storm goes on.
 */
#include "arch/clock.h"
#include "lib/random.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kv_private.h"
#include "tests/machine/expect_panic.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define LIVE  64u
#define BRIEF 400u      /* operations of each CPU */
#define FULL  10000000u /* S09: of all CPUs */

struct storm {
    u32 cpu, operations; /* at least so many */
    u32 done, failed;
    u32 inside; /* in kvalloc or kvfree now */
    u32 met;    /* operations that ended while another CPU was inside */
    struct random rnd;
    u32 *live[LIVE];
} cacheline_aligned;

static struct storm storms[MAX_CPUS];

static void enter(struct storm *storm)
{
    if (random_below(&storm->rnd, 16) == 0)
        clock_schedule_noise(); /* the deterministic machine ends our slice somewhere in here */
    WRITE_ONCE(storm->inside, 1);
}

static void leave(struct storm *storm)
{
    u32 others = 0;

    WRITE_ONCE(storm->inside, 0);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        others += READ_ONCE(storms[cpu].inside);
    storm->met += others > 0;
    storm->done++;
}

static void give(struct storm *storm, u32 i)
{
    u32 *p = storm->live[i];

    if (!p)
        return;
    check_eq(*p, storm->cpu << 16 | i);
    enter(storm);
    kvfree(p);
    leave(storm);
    storm->live[i] = NULL;
}

/* One page mostly, some in a row now and then. */
static void take(struct storm *storm, u32 i)
{
    u32 pages = 1 + (random_below(&storm->rnd, 8) ? 0 : random_below(&storm->rnd, 8));

    enter(storm);
    u32 *p = obtain(kvalloc(pages * PAGE_SIZE, "storm", 0));
    leave(storm);
    storm->live[i] = p;
    if (p)
        *p = storm->cpu << 16 | i;
    else
        storm->failed++;
}

static void run_storm(void *arg)
{
    struct storm *storm = arg;

    for (u32 op = 0; op < storm->operations && !test_failed();) {
        u32 i = random_below(&storm->rnd, LIVE);
        if (storm->live[i])
            give(storm, i);
        else
            take(storm, i);
        if (++op % (storm->operations / 4) == 0)
            check(kv_check());
        if (storm->cpu == 0)
            test_progress(op, storm->operations);
        if (op % 16 == 0)
            task_yield(); /* all CPUs want one lock: on a host with fewer processors the watchdog would see no
                             switch for long */
    }
    for (u32 i = 0; i < LIVE; i++)
        give(storm, i);
}

static u32 comparisons(void)
{
    kv_enter();
    u32 n = kv_free.comparisons + kv_used.comparisons;
    kv_exit();
    return n;
}

static void check_storms(u32 compared)
{
    u32 operations = 0, met = 0;

    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        check_eq(storms[cpu].failed, 0);
        check(storms[cpu].done >= storms[cpu].operations);
        operations += storms[cpu].done;
        met += storms[cpu].met;
    }
    test_note("%u operations on %u CPUs, %u of them met another CPU inside; kvalloc was never inside itself",
              operations, cpu_count(), met);
    test_note("%u.%u comparisons an operation", compared / operations, compared / (operations / 10) % 10);
}

TEST(s09_kvalloc_storm, .cpus = 2, .limit_ticks = 100000,
     .shows = "random kvalloc and kvfree on every CPU: no overlap, no recursion, nothing left behind")
{
    kvalloc_purge();
    u32 pages = kv_pages_in_use(), compared = comparisons();
    struct scene *s = scene_begin();
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        storms[cpu] = (struct storm){.cpu = cpu, .operations = test_count(BRIEF, FULL / cpu_count())};
        random_seed(&storms[cpu].rnd, cpu + 1);
        actor_start(s, cpu, run_storm, &storms[cpu]);
    }
    scene_end(s);
    check_storms(comparisons() - compared);
    kvalloc_purge();
    check(kv_check());
    test_note("%u pages of the window in use before, %u after", pages, kv_pages_in_use());
    check(kv_pages_in_use() <=
          pages + 3); /* emptied descriptor pages went back, but for a few slots in hand */
}

static void enter_again(void *unused) lock_implementation
{
    kv_enter();
}

TEST(s09_nesting_is_caught,
     .shows = "kvalloc that gets into itself ends in a panic, and does not wait for itself")
{
    kv_enter();
    test_expect_panic("waits for kvalloc", enter_again, NULL);
    kv_exit();
    check(kv_check());
}
