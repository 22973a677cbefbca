/*
 * R58: a task leaves one address space for another (exec after vfork, exit). Which space the task is in and
 * which one its CPU has loaded are two things, and change one after the other. A shootdown goes by what is
 * loaded: until the new directory is, this CPU can still use every translation of the former space.
 *
 *   T1 (CPU 1): is in the new space; its CPU has the former one loaded      T1@R58
 *   T2 (CPU 0): munmap in the former space: must flush CPU 1, too
 *   T1: reaches for the pages that are gone: must not reach them
 */
#include "tests/scenario.h"

#define PAGES 16u /* a TLB may lose an entry by itself, but hardly all of them */

struct leaving {
    struct mm *former, *next;
    struct task *leaver;
    vaddr_t base;
    u32 warm, in_window, unmapped;
    u32 readable_early, readable_late;
};

static void fill(void *arg)
{
    const struct leaving *l = arg;

    for (u32 i = 0; i < PAGES; i++)
        user_store(l->base + i * PAGE_SIZE, 1);
}

static u32 pages_readable(const struct leaving *l)
{
    u32 readable = 0, value;

    for (u32 i = 0; i < PAGES; i++)
        readable += user_load_u32(l->base + i * PAGE_SIZE, &value) == 0;
    return readable;
}

/* In the window, preemption off: a page that is not there cannot be faulted in, and the load fails. */
static void look_while_others_unmap(void *arg)
{
    struct leaving *l = arg;

    if (current != READ_ONCE(l->leaver) || !READ_ONCE(l->warm) || READ_ONCE(l->in_window))
        return;
    l->readable_early = pages_readable(l);
    store_release(&l->in_window, 1);
    scene_await(&l->unmapped);
    l->readable_late = pages_readable(l);
}

static bool loaded_here(const struct mm *mm)
{
    return cpumask_test(&mm->space.cpus, cpu_id());
}

static void leave(void *arg)
{
    struct leaving *l = arg;

    WRITE_ONCE(l->leaver, current);
    check_eq(pages_readable(l), PAGES);
    check(loaded_here(l->former) && !loaded_here(l->next));
    store_release(&l->warm, 1);
    mm_get_user(l->next);
    mm_switch_task(l->next);
    check(loaded_here(l->next) && !loaded_here(l->former));
    check_eq(pages_readable(l), 0);
}

static void unmap(void *arg)
{
    struct leaving *l = arg;

    scene_await(&l->in_window);
    check_eq(again(mm_munmap(l->former, l->base, PAGES * PAGE_SIZE)), 0);
    store_release(&l->unmapped, 1);
}

TEST(r58_leaving_a_space, .cpus = 2,
     .shows = "a CPU whose task goes over to another space is flushed for the former until that is unloaded")
{
    struct scene *s = scene_begin();
    struct leaving l = {
        .former = scene_mm(s), .next = obtain(mm_create()), .base = scene_mmap(s, PAGES, VM_RW)};

    actor_run(s, 0, fill, &l);
    race_action(R58, look_while_others_unmap, &l);
    struct actor *leaver = actor_start(s, 1, leave, &l);
    actor_run(s, 0, unmap, &l);
    actor_join(s, leaver);
    race_action(R58, NULL, NULL);
    check_eq(l.in_window, 1);
    check_eq(l.readable_early, PAGES);
    check_eq(l.readable_late, 0);
    mm_put_user(l.next);
    scene_end(s);
}
