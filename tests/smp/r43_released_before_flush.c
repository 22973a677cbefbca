/* R43: a frame is nobody's until every CPU that could still reach it has flushed. */
#include "tests/scenario.h"

struct unmapping {
    struct mm *mm;
    vaddr_t page;
    u32 warm, over;
};

static void warm_then_wait(void *arg)
{
    struct unmapping *u = arg;

    user_store(u->page, 1);
    store_release(&u->warm, 1);
    scene_await(&u->over);
}
static void unmap(void *arg)
{
    struct unmapping *u = arg;
    check_eq(again(mm_munmap(u->mm, u->page, PAGE_SIZE)), 0);
}

TEST(r43_released_before_flush, .cpus = 2,
     .shows = "between clearing and flushing a frame keeps its reference, so nobody can get it")
{
    struct scene *s = scene_begin();
    struct unmapping u = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW)};

    struct actor *user = actor_start(s, 1, warm_then_wait, &u);
    while (!load_acquire(&u.warm))
        task_yield();
    struct page *frame = page_of(pte_pfn(scene_pte(u.mm, u.page)));
    scene_stop(s, R43);
    struct actor *unmapper = actor_start(s, 0, unmap, &u);
    if (scene_wait_caught(s, R43)) {
        check(page_refs(frame) > 0);
        scene_release(s, R43);
    }
    actor_join(s, unmapper);
    store_release(&u.over, 1);
    actor_join(s, user);
    scene_end(s);
}
