/* R17: fork write-protects the parent's entries; a sibling's CPU must not go on writing through its old translation. */
#include "tests/scenario.h"

struct family {
    vaddr_t page;
    u32 warm, forked;
};

/* Stays on its CPU from the first store to the last, so that only a shootdown can take its translation away. */
static void store_before_and_after(void *arg)
{
    struct family *f = arg;

    user_store(f->page, 1);
    preempt_disable();
    store_release(&f->warm, 1);
    scene_await(&f->forked);
    preempt_enable();
    user_store(f->page, 2);
}
static void check_child_sees_1(void *arg)
{
    struct family *f = arg;
    check_eq(user_load(f->page), 1);
}

TEST(r17_fork_against_stale_tlb, .cpus = 2, .shows = "a store that follows fork is never seen by the child, though the writer's TLB was warm")
{
    struct scene *s = scene_begin();
    struct family f = {.page = scene_mmap(s, 1, VM_RW)};

    struct actor *writer = actor_start(s, 1, store_before_and_after, &f);
    while (!load_acquire(&f.warm))
        task_yield();
    struct mm *child = mm_fork(scene_mm(s));
    check(child != NULL);
    store_release(&f.forked, 1);
    actor_join(s, writer);
    actor_join(s, actor_start_in(s, child, 0, check_child_sees_1, &f));
    mm_put_user(child);
    scene_end(s);
}
