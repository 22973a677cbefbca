/* R08: a fault must not populate a range whose entries munmap has already cleared. */
#include "lib/errno.h"
#include "tests/scenario.h"

#define PAGES 4
struct dying {
    struct mm *mm;
    vaddr_t base;
    int store_result;
};

static void fill(void *arg)
{
    struct dying *d = arg;
    for (u32 page = 0; page < PAGES; page++)
        user_store(d->base + page * PAGE_SIZE, page);
}
static void unmap(void *arg)
{
    struct dying *d = arg;
    check_eq(again(mm_munmap(d->mm, d->base, PAGES * PAGE_SIZE)), 0);
}
static void store(void *arg)
{
    struct dying *d = arg;
    d->store_result = again(user_store_u32(d->base, 99));
}

TEST(r08_fault_in_dying_range, .cpus = 2,
     .shows = "no fault populates a range that munmap has cleared; the store faults for good")
{
    struct scene *s = scene_begin();
    struct dying d = {.mm = scene_mm(s), .base = scene_mmap(s, PAGES, VM_RW)};

    actor_run(s, 0, fill, &d);
    scene_stop(s, R08);
    struct actor *unmapper = actor_start(s, 0, unmap, &d);
    if (scene_wait_caught(s, R08)) {
        struct actor *writer = actor_start(s, 1, store, &d);
        actor_settle(writer);
        scene_release(s, R08);
        actor_join(s, writer);
        check_eq(d.store_result, -EFAULT);
    }
    actor_join(s, unmapper);
    check(pte_empty(scene_pte(d.mm, d.base)));
    scene_end(s);
}
