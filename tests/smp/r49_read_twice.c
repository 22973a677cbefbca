/*
 * R49: one look at an entry is one load. If the compiler, or we, load it once to decide what the fault is and
 * once more for the comparison at the end, another CPU may fill it between the two: the comparison then holds
 * its work against itself, and never fails.
 *
 *   T1: entry is empty: a fresh frame                T1@R49
 *   T2: whole fault, store
 *   T1: compares with what it saw: not empty any more, so it gives its frame back
 */
#include "diag/counters.h"
#include "tests/scenario.h"

static void store_first(void *page)
{
    user_store((vaddr_t)page, 1);
}
static void store_second(void *page)
{
    user_store((vaddr_t)page + 4, 2);
}
static void check_both(void *page)
{
    check_eq(user_load((vaddr_t)page), 1);
    check_eq(user_load((vaddr_t)page + 4), 2);
}

TEST(r49_read_twice, .cpus = 2,
     .shows = "what a fault decides by and what it compares at the end are one load of the entry")
{
    struct scene *s = scene_begin();
    vaddr_t region = scene_mmap(s, 2, VM_RW), page = region + PAGE_SIZE;

    actor_run(s, 0, store_first, (void *)region); /* the table is there, the region known to have pages */
    u32 lost = counter_sum(COUNT_recheck_lost_pte);
    bool overtaken = scene_overtake(s, R49, store_first, store_second, (void *)page);
    if (!refusal_wanted()) /* who got no frame compares nothing */
        check_eq(counter_sum(COUNT_recheck_lost_pte) - lost, overtaken ? 1 : 0);
    actor_run(s, 1, check_both, (void *)page);
    scene_end(s);
}
