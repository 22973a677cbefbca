/* R17: fork write-protects the parent's entries; a sibling's CPU must not go on writing through its old
 * translations. */
#include "tests/scenario.h"

#define PAGES 24u /* a TLB may lose an entry by itself, but hardly all of them */

struct family {
    vaddr_t base;
    u32 warm, forked;
};

static void store_everywhere(const struct family *f, u32 value)
{
    for (u32 page = 0; page < PAGES; page++)
        user_store(f->base + page * PAGE_SIZE, value);
}

/* Stays on its CPU from the first store to the last, so that only a shootdown can take its translations away.
 */
static void store_before_and_after(void *arg)
{
    struct family *f = arg;

    store_everywhere(f, 1);
    preempt_disable();
    store_everywhere(f, 1); /* no fault: every page is there, and in the TLB now */
    store_release(&f->warm, 1);
    scene_await(&f->forked);
    preempt_enable_no_resched();
    store_everywhere(f, 2);
}
static void check_child_sees_1(void *arg)
{
    struct family *f = arg;

    for (u32 page = 0; page < PAGES; page++)
        check_eq(user_load(f->base + page * PAGE_SIZE), 1);
}

TEST(r17_fork_against_stale_tlb, .cpus = 2,
     .shows = "a store that follows fork is never seen by the child, though the writer's TLB was warm")
{
    struct scene *s = scene_begin();
    struct family f = {.base = scene_mmap(s, PAGES, VM_RW)};

    struct actor *writer = actor_start(s, 1, store_before_and_after, &f);
    while (!load_acquire(&f.warm))
        task_yield();
    struct mm *child = obtain(mm_fork(scene_mm(s)));
    check(child != NULL);
    store_release(&f.forked, 1);
    actor_join(s, writer);
    actor_join(s, actor_start_in(s, child, 0, check_child_sees_1, &f));
    mm_put_user(child);
    scene_end(s);
}
