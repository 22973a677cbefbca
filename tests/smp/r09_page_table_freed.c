/* R09: a fault has found its page table; before it locks it, everybody else tries to make that table go away. */
#include "tests/scenario.h"

#define BASE 0x40000000u

static void touch(void *page) { user_store((vaddr_t)page, 5); }
static void check_kept(void *page) { check_eq(user_load((vaddr_t)page), 6); }
static void touch_again(void *page) { user_store((vaddr_t)page, 6); }

struct advice {
    struct mm *mm;
};
#define MADV_DONTNEED 4
static void drop_all(void *arg)
{
    struct advice *a = arg;
    check_eq(mm_madvise(a->mm, BASE, PDE_SIZE, MADV_DONTNEED), 0);
}

TEST(r09_page_table_freed, .cpus = 2, .shows = "a page table that a fault has found is not freed under it, though its last entry goes")
{
    struct scene *s = scene_begin();
    struct advice advice = {.mm = scene_mm(s)};

    scene_mmap_at(s, BASE, PTES, VM_RW);
    actor_run(s, 0, touch, (void *)BASE); /* the table exists and has one entry */
    scene_stop(s, R09);
    struct actor *faulter = actor_start(s, 0, touch_again, (void *)(BASE + PAGE_SIZE));
    if (scene_wait_caught(s, R09)) {
        actor_run(s, 1, drop_all, &advice); /* the table is empty now */
        scene_release(s, R09);
    }
    actor_join(s, faulter);
    actor_run(s, 1, check_kept, (void *)(BASE + PAGE_SIZE));
    check_eq(advice.mm->pt_count, 1);
    scene_end(s);
}
