/*
 * R30: no frame for a fault, and the one who has to end needs the lock of the space that faults.
 *
 *   T1: store -> page_alloc fails -> makes room            T1@R30: with nothing held
 *   T2: munmap in the same space                           must get through
 *
 * And what the victim owned is taken at once, though nobody in it moves.
 */
#include "lib/errno.h"
#include "mm/fault/oom.h"
#include "mm/frame/alloc_fail.h"
#include "tests/scenario.h"

#define PAGES 32u

static struct mm *chosen; /* whom the hook below gives out, once */
static struct mm *choose(void)
{
    struct mm *mm = chosen;

    chosen = NULL;
    return mm;
}

struct shortage {
    struct mm *mm;
    vaddr_t base;
    int result;
};

static void store_without_memory(void *arg)
{
    struct shortage *o = arg;

    user_store(o->base, 1); /* now there is a page table: the next allocation is the page's */
    alloc_fail_nth(1);
    o->result = user_store_u32(o->base + PAGE_SIZE, 2);
    alloc_fail_nth(0);
}
static void unmap_third(void *arg)
{
    struct shortage *o = arg;

    check_eq(again(mm_munmap(o->mm, o->base + 2 * PAGE_SIZE, PAGE_SIZE)), 0);
}

TEST(r30_oom_in_fault, .cpus = 2,
     .shows = "a fault without memory makes room with nothing held: who changes the same space gets through")
{
    struct mm *(*before)(void) = oom_victim_hook;
    struct scene *s = scene_begin();
    struct shortage o = {.mm = scene_mm(s), .base = scene_mmap(s, 3, VM_RW)};

    oom_victim_hook = choose; /* nobody is to be had */
    check(scene_overtake(s, R30, store_without_memory, unmap_third, &o));
    check(o.result == 0 || o.result == -EFAULT); /* as reclaim had something to give, or had not */
    scene_end(s);
    oom_victim_hook = before;
}

static void fill(void *arg)
{
    struct shortage *o = arg;

    for (u32 i = 0; i < PAGES; i++)
        user_store(o->base + i * PAGE_SIZE, i);
}
static void load_after(void *arg)
{
    struct shortage *o = arg;
    u32 value;

    o->result = user_load_u32(o->base, &value);
}

TEST(r30_victim_is_reaped, .cpus = 2,
     .shows = "a victim's memory is free before it moves, and it finds no page of zeroes where its data was")
{
    struct mm *(*before)(void) = oom_victim_hook;
    struct scene *s = scene_begin();
    struct shortage o = {.mm = scene_mm(s), .base = scene_mmap(s, PAGES, VM_RW)};

    oom_victim_hook = choose;
    actor_run(s, 0, fill, &o);
    check(pte_present(scene_pte(o.mm, o.base)));
    mm_get_user(o.mm);
    chosen = o.mm;
    check_eq(oom_kill_one(), FAULT_DONE);
    for (u32 i = 0; i < PAGES; i++)
        check(pte_empty(scene_pte(o.mm, o.base + i * PAGE_SIZE)));
    check_eq(oom_kill_one(), FAULT_NO_MEMORY); /* nobody is left to choose */
    actor_run(s, 1, load_after, &o);
    check_eq(o.result, -EFAULT);
    scene_end(s);
    oom_victim_hook = before;
}
