/*
 * R38: a task is killed while it sleeps in a fault, because the page it wants is being read by another. It
 * must end at once, long before the read does, and leave nothing behind: no lock, no reference, nobody in a
 * queue.
 *
 *   T1: fault -> reads the page (a read that does not end)
 *   T2: fault -> waits for the page
 *   kill T2 -> ends                                         T1's read goes on, and ends as if nobody had come
 */
#include "lib/errno.h"
#include "tests/scenario.h"
#include "tests/slow_file.h"

static void touch(void *arg)
{
    check_eq(user_load((vaddr_t)arg), 0);
}
static void touch_and_die(void *arg)
{
    u32 value;

    check_eq(user_load_u32((vaddr_t)arg, &value), -EFAULT);
    check(task_is_killed(current));
    check_eq(held_count(&current->locks), 0);
}

TEST(
    r38_kill_in_fault, .cpus = 2, .limit_ticks = 3000,
    .shows =
        "kill reaches a task asleep in a fault: it ends while the read it waits for goes on, and nothing leaks")
{
    struct mapping *file = slow_file_create(1, 1);
    struct scene *s = scene_begin();
    vaddr_t page = scene_mmap_file(s, file, 1, VM_READ);

    slow_file_hold(file, 0);
    struct actor *reader = actor_start(s, 0, touch, (void *)page);
    while (slow_file_under_way(file) == 0)
        task_yield();
    struct actor *waiter = actor_start(s, 1, touch_and_die, (void *)page);
    actor_settle(waiter);
    check(!actor_is_done(waiter));
    task_kill(actor_task(waiter));
    actor_settle(waiter);
    check(actor_is_done(waiter)); /* the read is still held */
    check(!actor_is_done(reader));
    slow_file_let_go(file, 0);
    actor_join(s, waiter);
    actor_join(s, reader);
    check_eq(slow_file_reads(file), 1);
    mapping_drop(file, 0);
    scene_end(s);
    slow_file_free(file);
}
