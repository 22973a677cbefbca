/*
 * R12: a fault without mmap_lock has found its region. Before it enters (vma) or looks again (seq), the
 * region is split and the half with the address unmapped. It must not go by what it found.
 */
#include "lib/errno.h"
#include "mm/fault/faultlock.h"
#include "tests/scenario.h"

#define BASE  0x40000000u
#define PAGES 8u
#define UPPER (BASE + PAGES / 2 * PAGE_SIZE)

struct halves {
    struct mm *mm;
    int result;
};

static void touch_first(void *arg)
{
    user_store(BASE,
               1); /* so that there is a page table, and a private page: the next fault needs no mmap_lock */
}
static void store_upper(void *arg)
{
    struct halves *h = arg;
    h->result = again(user_store_u32(UPPER, 7));
}
static void unmap_upper(void *arg)
{
    struct halves *h = arg;
    check_eq(again(mm_munmap(h->mm, UPPER, PAGES / 2 * PAGE_SIZE)), 0);
}

TEST(r12_found_then_split, .cpus = 2,
     .shows =
         "a region found without a lock is asked again before it is used: a store behind its new end fails")
{
    struct scene *s = scene_begin();
    struct halves h = {.mm = scene_mm(s)};

    scene_mmap_at(s, BASE, PAGES, VM_RW);
    actor_run(s, 0, touch_first, &h);
    if (faultlock.lock_free) {
        scene_stop(s, R12);
        struct actor *writer = actor_start(s, 1, store_upper, &h); /* stands there with preemption off */
        if (scene_wait_caught(s, R12)) {
            actor_run(s, 0, unmap_upper, &h);
            scene_release(s, R12);
        }
        actor_join(s, writer);
        check_eq(h.result, -EFAULT);
        check(pte_empty(scene_pte(h.mm, UPPER)));
    } else {
        test_note("faultlock=%s keeps mmap_lock from the look-up on: nothing to stop in", faultlock.name);
    }
    scene_end(s);
}
