/*
 * R48: an entry is raised without a flush, and another CPU faults on what it has cached. The handler must see
 * that all is well and flush that CPU; else the instruction faults for ever, or a signal is sent for an
 * access that is allowed.
 */
#include "diag/counters.h"
#include "tests/scenario.h"

struct raised {
    struct mm *mm;
    vaddr_t page;
    u32 warm, go;
};

/* Has the read-only entry in its TLB, and then stores. It never leaves its CPU between. */
static void read_then_store(void *arg)
{
    struct raised *r = arg;

    check_eq(user_load(r->page), 0);
    store_release(&r->warm, 1);
    scene_await(&r->go);
    user_store(r->page + 4, 2);
}
static void store_first(void *arg)
{
    struct raised *r = arg;
    user_store(r->page, 1);
}
static void check_both(void *arg)
{
    struct raised *r = arg;
    check_eq(user_load(r->page), 1);
    check_eq(user_load(r->page + 4), 2);
}

TEST(
    r48_spurious, .cpus = 2,
    .shows =
        "a right raised on one CPU without a flush costs the other at most one fault that finds nothing to do")
{
    struct scene *s = scene_begin();
    struct raised r = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW | VM_SHARED)};

    struct actor *late = actor_start(s, 1, read_then_store, &r);
    while (!load_acquire(&r.warm))
        task_yield();
    actor_run(s, 0, store_first, &r);
    check(pte_writable(scene_pte(r.mm, r.page)));
    u32 before = counter_sum(COUNT_pgfault_spurious), copies = counter_sum(COUNT_pgfault_shared);
    store_release(&r.go, 1);
    actor_join(s, late);
    check(counter_sum(COUNT_pgfault_spurious) - before <= 1);
    check_eq(counter_sum(COUNT_pgfault_shared), copies);
    actor_run(s, 0, check_both, &r);
    scene_end(s);
}

/* The same without a TLB that remembers, as on a machine whose walker looks again before it faults: the other
 * CPU resolves the fault while this one is on its way to the look-up. */
static void store_second(void *arg)
{
    struct raised *r = arg;
    user_store(r->page + 4, 2);
}

TEST(r48_fine_already, .cpus = 2,
     .shows = "a fault that finds its entry filled and allowed runs its instruction again, and nothing more")
{
    struct scene *s = scene_begin();
    struct raised r = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW)};

    u32 before = counter_sum(COUNT_pgfault_spurious), refused = counter_sum(COUNT_pgfault_kernel_fixup);
    check(scene_overtake(s, R48, store_second, store_first,
                         &r)); /* nothing is held there, whatever faultlock= */
    check_eq(counter_sum(COUNT_pgfault_spurious) - before, 1);
    if (!refusal_wanted()) /* a copy of ours would try again by bytes, as one without memory does */
        check_eq(counter_sum(COUNT_pgfault_kernel_fixup), refused);
    actor_run(s, 0, check_both, &r);
    scene_end(s);
}
