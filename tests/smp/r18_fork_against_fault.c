/* R18: fork has copied a part of the space; a fault in that part must not slip in, or the child sees a torn
 * past. */
#include "tests/scenario.h"

struct pair {
    struct mm *mm, *child;
    vaddr_t early, late;
};

static void fork_it(void *arg)
{
    struct pair *p = arg;
    p->child = obtain(mm_fork(p->mm));
}
/* Gives both regions a page table, so that there is something to copy. */
static void touch_second_pages(void *arg)
{
    struct pair *p = arg;
    user_store(p->early + PAGE_SIZE, 1);
    user_store(p->late + PAGE_SIZE, 1);
}
static void store_early_then_late(void *arg)
{
    struct pair *p = arg;
    user_store(p->early, 1);
    user_store(p->late, 1);
}
static void check_not_torn(void *arg)
{
    struct pair *p = arg;
    u32 late = user_load(p->late), early = user_load(p->early);

    if (late == 1)
        check_eq(early, 1);
}

TEST(r18_fork_against_fault, .cpus = 2,
     .shows = "the child's memory is one moment of the parent's: never a later store without an earlier one")
{
    struct scene *s = scene_begin();
    struct pair p = {.mm = scene_mm(s)};

    p.early = scene_mmap_at(s, 0x40000000, 2, VM_RW);
    p.late = scene_mmap_at(s, 0x50000000, 2, VM_RW);
    actor_run(s, 0, touch_second_pages, &p);
    scene_stop(s, R18); /* the early region is copied, the late one is not */
    struct actor *forker = actor_start(s, 0, fork_it, &p);
    if (scene_wait_caught(s, R18)) {
        struct actor *writer = actor_start(s, 1, store_early_then_late, &p);
        actor_settle(writer);
        scene_release(s, R18);
        actor_join(s, writer);
    }
    actor_join(s, forker);
    check(p.child != NULL);
    if (p.child) {
        actor_join(s, actor_start_in(s, p.child, 1, check_not_torn, &p));
        mm_put_user(p.child);
    }
    scene_end(s);
}
