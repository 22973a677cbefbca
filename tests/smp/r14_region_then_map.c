/*
 * R14: the order of locks is mmap_lock, then regions. munmap holds the first and waits for the faults inside
 * its region; a fault inside that waited for the first would wait for ever, and munmap with it.
 */
#include "lib/errno.h"
#include "mm/fault/faultlock.h"
#include "tests/scenario.h"

#define BASE 0x40000000u

static void store(void *arg)
{
    (void)!user_store_u32(BASE, 1); /* before the munmap, or never */
}
static void unmap(void *arg)
{
    check_eq(again(mm_munmap(arg, BASE, PAGE_SIZE)), 0);
}

TEST(
    r14_region_then_map, .cpus = 2, .limit_ticks = 1000,
    .shows =
        "a fault that needs mmap_lock leaves its region first, so a munmap that waits for the region gets it")
{
    struct scene *s = scene_begin();

    scene_mmap_at(s, BASE, 1, VM_RW); /* no page table yet: the fault will want mmap_lock */
    if (faultlock.lock_free) {
        scene_stop(s, R14);
        struct actor *writer = actor_start(s, 0, store, NULL);
        if (scene_wait_caught(s, R14)) {
            struct actor *unmapper = actor_start(s, 1, unmap, scene_mm(s));
            actor_settle(unmapper);
            check_eq(actor_is_done(unmapper), !faultlock.enters_regions);
            scene_release(s, R14);
            actor_join(s, unmapper);
        }
        actor_join(s, writer);
        check(pte_empty(scene_pte(scene_mm(s), BASE)));
    } else {
        test_note("faultlock=%s has no locks in regions", faultlock.name);
    }
    scene_end(s);
}
