/* S16: objects below a page on all CPUs, many of them freed by another CPU than the one that allocated them;
 * and the two mistakes that poison and red zones exist for. */
#include "diag/counters.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/kernel/slab_private.h"
#include "tests/machine/expect_panic.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define BRIEF  30000u    /* for each CPU */
#define FULL   10000000u /* S16: of all CPUs */
#define SHARED 128u

struct thing {
    u32 mark, body[13];
};
DEFINE_SLAB(storm_cache, struct thing, NULL);

static struct thing *shared[SHARED]; /* exchanged atomically: who takes an object out owns it */

static void give_back(struct thing *thing)
{
    if (!thing)
        return;
    if (thing->mark != ~thing->body[12])
        test_fail(__FILE__, __LINE__, "an object holds %#x and %#x", thing->mark, thing->body[12]);
    slab_free(&storm_cache, thing);
}

static void storm(void *arg)
{
    u32 cpu = (uintptr_t)arg, operations = test_count(BRIEF, FULL / cpu_count());
    struct random rnd;

    random_seed(&rnd, cpu + 1);
    for (u32 op = 0; op < operations && !test_failed(); op++) {
        if (cpu == 0)
            test_progress(op, operations);
        struct thing *thing = obtain(slab_alloc(&storm_cache, op % 16 ? GFP_KERNEL : GFP_ATOMIC));
        if (!thing)
            continue; /* GFP_ATOMIC may be refused */
        thing->mark = random_next(&rnd);
        thing->body[12] = ~thing->mark;
        give_back(__atomic_exchange_n(&shared[random_below(&rnd, SHARED)], thing, __ATOMIC_ACQ_REL));
    }
}

/* The storm's own line of /proc/slabinfo. */
static void note_line(void *ctx, const char *text)
{
    if (strstr(text, "storm_cache"))
        test_note("%s", text);
}

TEST(
    s16_slab_storm, .cpus = 2, .limit_ticks = 60000,
    .shows = "objects allocated and freed by all CPUs are nobody else's meanwhile, and every slab comes back")
{
    slab_reap();
    u32 pages = slab_pages_in_use();
    struct scene *s = scene_begin();

    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        actor_start(s, cpu, storm, (void *)(uintptr_t)cpu);
    scene_end(s);
    for (u32 i = 0; i < SHARED; i++) {
        give_back(shared[i]);
        shared[i] = NULL;
    }
    test_note("%u objects on %u CPUs", test_count(BRIEF, FULL / cpu_count()) * cpu_count(), cpu_count());
    slab_report(note_line, NULL);
    slab_reap();
    check(slab_pages_in_use() <= pages + 2); /* the scene's own tasks may have begun a slab each of theirs */
}

static void free_again(void *thing)
{
    slab_free(&storm_cache, thing);
}
static void free_overrun(void *thing)
{
    slab_free(&storm_cache, thing);
}
static void alloc_written(void *unused)
{
    (void)obtain(slab_alloc(&storm_cache, GFP_KERNEL));
}

/* It was out of the magazine when the panic was taken back, though its state says free: by hand, then. */
static void put_back(struct thing *thing)
{
    irqflags_t flags = irq_save();
    struct magazine *magazine = storm_cache.internal->magazine[cpu_id()];

    magazine->object[magazine->n++] = thing;
    irq_restore(flags);
}

/* A magazine is last in, first out: what this CPU has just freed is what it gets next. */
TEST(s16_slab_mistakes,
     .shows = "a double free, a write beyond the end and a write after the free are each caught and named")
{
    preempt_disable();
    struct thing *thing = obtain(slab_alloc(&storm_cache, GFP_ATOMIC));
    check(thing != NULL);
    if (thing) {
        u32 *beyond = (u32 *)(thing + 1), was = *beyond;
        *beyond = 0;
        test_expect_panic("red zone", free_overrun, thing);
        *beyond = was;
        slab_free(&storm_cache, thing);
        test_expect_panic("freed twice", free_again, thing);
        u32 poison = thing->body[3];
        thing->body[3] = 1;
        test_expect_panic("written after its free", alloc_written, NULL);
        thing->body[3] = poison;
        put_back(thing);
    }
    preempt_enable();
}

#define KEPT 600u

/* Objects freed into magazines and an empty slab; then memory runs out, and they are found. */
TEST(s16_reap_under_pressure, .limit_ticks = 60000,
     .shows = "when frames run out, magazines and empty slabs are given back before anyone is refused")
{
    static struct thing *things[KEPT];
    struct page *list = NULL;

    slab_reap();
    u32 pages = slab_pages_in_use(), stalls = counter_sum(COUNT_allocstall), taken = 0;
    for (u32 i = 0; i < KEPT; i++)
        check((things[i] = obtain(slab_alloc(&storm_cache, GFP_KERNEL))) != NULL);
    for (u32 i = 0; i < KEPT; i++)
        slab_free(&storm_cache, things[i]);
    u32 kept = slab_pages_in_use();
    check(kept > pages);
    for (struct page *page; (page = obtain(page_alloc(GFP_KERNEL))) != NULL; taken++) {
        *(struct page **)page_address(page) = list;
        list = page;
    }
    check(counter_sum(COUNT_allocstall) > stalls);
    test_note("%u slab pages before, %u after %u objects came and went, %u when %u frames were taken", pages,
              kept, KEPT, slab_pages_in_use(), taken);
    check(slab_pages_in_use() <= pages + 1);
    while (list) {
        struct page *next = *(struct page **)page_address(list);
        page_put(list);
        list = next;
    }
}
