/* R55: two CPUs drop the same page. Taking the entry out is one atomic step, so exactly one of them releases
 * the frame. */
#include "tests/scenario.h"

#define MADV_DONTNEED 4
struct drop {
    struct mm *mm;
    vaddr_t page;
};

static void fill(void *arg)
{
    struct drop *d = arg;
    user_store(d->page, 1);
}
static void drop(void *arg)
{
    struct drop *d = arg;
    check_eq(again(mm_madvise(d->mm, d->page, PAGE_SIZE, MADV_DONTNEED)), 0);
}
static void check_zero(void *arg)
{
    struct drop *d = arg;
    check_eq(user_load(d->page), 0);
}

TEST(r55_double_unmap, .cpus = 2, .shows = "of two zappers of one entry exactly one releases the frame")
{
    struct scene *s = scene_begin();
    struct drop d = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW)};

    actor_run(s, 0, fill, &d);
    scene_overtake(s, R55, drop, drop, &d);
    actor_run(s, 1, check_zero, &d);
    scene_end(s);
}
