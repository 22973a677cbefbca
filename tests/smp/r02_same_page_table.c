/* R02: two CPUs fault different pages of one empty 4 MiB. One page table is installed, and both entries are
 * in it. */
#include "diag/counters.h"
#include "tests/scenario.h"

static void store_page_0(void *base)
{
    user_store((vaddr_t)base, 10);
}
static void store_page_1(void *base)
{
    user_store((vaddr_t)base + PAGE_SIZE, 11);
}

static void check_both_pages(void *base)
{
    check_eq(user_load((vaddr_t)base), 10);
    check_eq(user_load((vaddr_t)base + PAGE_SIZE), 11);
}

TEST(r02_same_page_table, .cpus = 2,
     .shows = "of two faults in one empty 4 MiB one installs its page table, the other frees its own")
{
    struct scene *s = scene_begin();
    void *base = (void *)scene_mmap_at(s, 0x40000000, 2, VM_RW);
    u32 lost_before = counter_sum(COUNT_recheck_lost_pt);

    bool overlapped = scene_overtake(s, R02, store_page_0, store_page_1, base);
    actor_run(s, 1, check_both_pages, base);
    check_eq(scene_mm(s)->pt_count, 1);
    check_eq(counter_sum(COUNT_recheck_lost_pt) - lost_before, overlapped);
    scene_end(s);
}

/* The same, free: four CPUs race into a fresh 4 MiB again and again (row S37). */
#define ROUNDS scene_count(50, 1)
struct crowd {
    vaddr_t base;
    u32 go;
};

static void touch_after_signal(void *arg)
{
    struct crowd *crowd = arg;
    u32 page = cpu_id();

    while (!load_acquire(&crowd->go))
        task_yield(); /* a tick may have put one of us in the place of the task that gives the signal */
    user_store(crowd->base + page * PAGE_SIZE, page + 1);
}

TEST(r02_crowd, .cpus = 2,
     .shows = "four CPUs fault in one empty 4 MiB at once: exactly one table, every store kept")
{
    for (u32 round = 0; round < ROUNDS && !test_failed(); round++) {
        struct scene *s = scene_begin();
        struct crowd crowd = {.base = scene_mmap_at(s, 0x40000000, MAX_CPUS, VM_RW)};
        for (u32 cpu = 0; cpu < cpu_count(); cpu++)
            actor_start(s, cpu, touch_after_signal, &crowd);
        store_release(&crowd.go, 1);
        scene_end(s);
    }
}
