/*
 * R15: whoever changes a region marks it first. A fault that slips into the middle of a munmap, mprotect or
 * fork because one region was forgotten leaves a page where none may be. Each stands in its own window here,
 * and the fault goes by.
 */
#include "lib/errno.h"
#include "tests/scenario.h"

#define BASE  0x40000000u
#define PAGES 4u

struct marked {
    struct mm *mm, *child;
    int result;
};

static void touch_all(void *arg)
{
    for (u32 i = 0; i < PAGES; i++)
        user_store(BASE + i * PAGE_SIZE, i);
}
static void unmap_last(void *arg)
{
    struct marked *m = arg;
    check_eq(again(mm_munmap(m->mm, BASE + (PAGES - 1) * PAGE_SIZE, PAGE_SIZE)), 0);
}
static void store_last(void *arg)
{
    struct marked *m = arg;
    m->result = again(user_store_u32(BASE + (PAGES - 1) * PAGE_SIZE, 99));
}

TEST(r15_unmarked_in_munmap, .cpus = 2,
     .shows = "a region that munmap is emptying lets no fault in, whatever the protocol")
{
    struct scene *s = scene_begin();
    struct marked m = {.mm = scene_mm(s)};

    scene_mmap_at(s, BASE, PAGES, VM_RW);
    actor_run(s, 0, touch_all, &m);
    scene_stop(s, R08);
    struct actor *unmapper = actor_start(s, 0, unmap_last, &m);
    if (scene_wait_caught(s, R08)) {
        struct actor *writer = actor_start(s, 1, store_last, &m);
        actor_settle(writer);
        check(!actor_is_done(writer));
        scene_release(s, R08);
        actor_join(s, writer);
        check_eq(m.result, -EFAULT);
    }
    actor_join(s, unmapper);
    scene_end(s);
}

static void fork_it(void *arg)
{
    struct marked *m = arg;
    m->child = obtain(mm_fork(m->mm));
}
static void store_first(void *arg)
{
    user_store(BASE, 100);
}
static void check_old(void *arg)
{
    check_eq(user_load(BASE), 0);
}

TEST(r15_unmarked_in_fork, .cpus = 2,
     .shows = "a region that fork is copying lets no fault in, whatever the protocol")
{
    struct scene *s = scene_begin();
    struct marked m = {.mm = scene_mm(s)};

    scene_mmap_at(s, BASE, PAGES, VM_RW);
    actor_run(s, 1, touch_all, &m);
    mm_put_user(obtain(mm_fork(m.mm))); /* every entry read-only: the store below faults */
    scene_stop(s, R18);
    struct actor *forker = actor_start(s, 0, fork_it, &m);
    if (scene_wait_caught(s, R18)) {
        struct actor *writer = actor_start(s, 1, store_first, NULL);
        actor_settle(writer);
        check(!actor_is_done(writer));
        scene_release(s, R18);
        actor_join(s, writer);
    }
    actor_join(s, forker);
    check(m.child != NULL);
    if (m.child) {
        actor_join(s, actor_start_in(s, m.child, 1, check_old, NULL));
        mm_put_user(m.child);
    }
    scene_end(s);
}
