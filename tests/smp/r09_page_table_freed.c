/* R09: a page table taken out of the directory is still walked by other CPUs until they have flushed; its
 * frame must wait. */
#include "tests/scenario.h"

#define BASE 0x40000000u

struct dying {
    struct mm *mm;
    u32 warm, over;
};

/* This CPU's walker has the table in its caches until it flushes. Others may run here: they borrow the space.
 */
static void touch_then_wait(void *arg)
{
    struct dying *d = arg;

    user_store(BASE, 5);
    store_release(&d->warm, 1);
    while (!load_acquire(&d->over))
        task_yield();
}
static void unmap_all(void *arg)
{
    struct dying *d = arg;
    check_eq(again(mm_munmap(d->mm, BASE, PDE_SIZE)), 0);
}

TEST(r09_page_table_freed, .cpus = 2,
     .shows = "a page table out of the directory keeps its frame until every CPU has flushed")
{
    struct scene *s = scene_begin();
    struct dying d = {.mm = scene_mm(s)};

    scene_mmap_at(s, BASE, PTES, VM_RW);
    struct actor *walker = actor_start(s, 1, touch_then_wait, &d);
    while (!load_acquire(&d.warm))
        task_yield();
    struct page *table = pt_table(d.mm, BASE);
    scene_stop(s, R09);
    struct actor *unmapper = actor_start(s, 0, unmap_all, &d);
    if (scene_wait_caught(s, R09)) {
        check(pt_table(d.mm, BASE) == NULL);
        scene_drain(); /* a table may wait for a grace period after the flush: not instead of it */
        check(page_refs(table) > 0);
        scene_release(s, R09);
    }
    actor_join(s, unmapper);
    store_release(&d.over, 1);
    actor_join(s, walker);
    check_eq(d.mm->pt_count, 0);
    scene_end(s);
}
