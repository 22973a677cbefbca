/*
 * R13 (StackRot): two faults grow one stack. The region's start moves, so each must do it alone; otherwise
 * the pages are counted twice, and readers of the tree see a region that is half one thing and half another.
 */
#include "mm/space/vma.h"
#include "tests/scenario.h"

#define STACK_TOP  0x50000000u
#define TOP_PAGES  2u
#define GROWN      6u /* pages below the start that both threads touch */
#define NEAR(page) (STACK_TOP - (TOP_PAGES + (page)) * PAGE_SIZE)

static void touch_lowest(void *arg)
{
    user_store(NEAR(GROWN), 1);
}
static void touch_middle(void *arg)
{
    user_store(NEAR(GROWN / 2), 2);
}
static void check_stores(void *arg)
{
    check_eq(user_load(NEAR(GROWN)), 1);
    check_eq(user_load(NEAR(GROWN / 2)), 2);
}

TEST(
    r13_stack_growth, .cpus = 2,
    .shows =
        "of two faults that grow one stack one does it, and the other finds it grown: pages are counted once")
{
    struct scene *s = scene_begin();
    struct mm *mm = scene_mm(s);

    scene_mmap_at(s, STACK_TOP - TOP_PAGES * PAGE_SIZE, TOP_PAGES, VM_RW | VM_GROWSDOWN);
    scene_overtake(s, R13, touch_middle, touch_lowest, NULL); /* each has seen that no region is there */
    actor_run(s, 0, check_stores, NULL);
    rwsem_read_lock(&mm->mmap_lock);
    check_eq(mm->total_pages, TOP_PAGES + GROWN);
    check_eq(vma_find(mm, STACK_TOP - 1)->start, NEAR(GROWN));
    rwsem_read_unlock(&mm->mmap_lock);
    scene_end(s);
}
