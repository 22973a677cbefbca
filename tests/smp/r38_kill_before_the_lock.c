/*
 * R38: killed where a fault waits for the address space itself. munmap stands in its window with mmap_lock;
 * the fault of another region waits behind it, and is killed there.
 */
#include "lib/errno.h"
#include "tests/scenario.h"

struct held {
    struct mm *mm;
    vaddr_t going;
    int result;
};

static void touch(void *arg)
{
    struct held *h = arg;

    user_store(h->going, 1);
}
static void unmap(void *arg)
{
    struct held *h = arg;

    check_eq(again(mm_munmap(h->mm, h->going, PAGE_SIZE)), 0);
}
static void store_and_die(void *arg)
{
    struct held *h = arg;

    h->result =
        again(user_store_u32(h->going, 1)); /* the region that goes: no protocol gets by without mmap_lock */
    check(task_is_killed(current));
    check_eq(held_count(&current->locks), 0);
}

TEST(r38_kill_before_the_lock, .cpus = 2, .limit_ticks = 3000,
     .shows = "kill reaches a task that waits for mmap_lock in a fault: it ends before the lock comes free")
{
    struct scene *s = scene_begin();
    struct held h = {.mm = scene_mm(s), .going = scene_mmap(s, 1, VM_RW)};

    actor_run(s, 0, touch, &h);
    scene_stop(s, R08);
    struct actor *writer = actor_start(s, 0, unmap, &h);
    if (scene_wait_caught(s, R08)) {
        struct actor *waiter = actor_start(s, 1, store_and_die, &h);
        actor_settle(waiter);
        check(!actor_is_done(waiter));
        task_kill(actor_task(waiter));
        actor_settle(waiter);
        check(actor_is_done(waiter)); /* the writer is still held */
        check(race_is_caught(R08));
        scene_release(s, R08);
        actor_join(s, waiter);
        check_eq(h.result, -EFAULT);
    }
    actor_join(s, writer);
    scene_end(s);
}
