/*
 * R61: a page that the program gave up (MADV_FREE) is taken when memory is short, unless it was written
 * again. The write asks nobody: the entry is writable, and the processor notes D in it.
 *
 *   T1: memory is short: the page is clean, nobody needs it     T1@R61, the table's lock held
 *   T2: writes it: no fault, D is set
 *   T1: takes the entry only as it was seen, and it is not: the page stays
 *
 * And the other end: D is cleared while a CPU remembers it as set. Without the flush that madvise owes, that
 * CPU writes and notes nothing.
 */
#include "mm/space/lazy_free.h"
#include "mm/table/pt_entry.h"
#include "tests/scenario.h"

#define PAGES     3u
#define MADV_FREE 8

struct given {
    vaddr_t start;
    u32 filled, go, done;
};

static void fill(struct given *g)
{
    for (u32 i = 0; i < PAGES; i++)
        user_store(g->start + i * PAGE_SIZE, 100 + i);
}

static void give_up_all(struct given *g)
{
    check_eq(again(mm_madvise(current->mm, g->start, PAGES * PAGE_SIZE, MADV_FREE)), 0);
    for (u32 i = 0; i < PAGES; i++)
        check_eq(user_load(g->start + i * PAGE_SIZE), 100 + i); /* nothing is lost before memory is short */
}

static void fill_and_give_up(void *arg)
{
    fill(arg);
    give_up_all(arg);
}

static void run_short(void *arg)
{
    lazy_free_reclaim();
}

/* In the window, with the table's lock held: the other CPU writes the first page, which takes no lock. */
static void let_it_write(void *arg)
{
    struct given *g = arg;

    if (load_acquire(&g->done))
        return; /* the second page */
    store_release(&g->go, 1u);
    scene_await(&g->done);
}

static void write_when_told(void *arg)
{
    struct given *g = arg;

    scene_await(&g->go);
    user_store(g->start, 7);
    store_release(&g->done, 1u);
}

static void check_kept(struct scene *s, struct given *g)
{
    check(pte_present(scene_pte(scene_mm(s), g->start)));
    for (u32 i = 1; i < PAGES; i++)
        check(pte_empty(scene_pte(scene_mm(s), g->start + i * PAGE_SIZE)));
}

static void look_after(void *arg)
{
    struct given *g = arg;

    check_eq(user_load(g->start), 7);
    check_eq(user_load(g->start + PAGE_SIZE), 0); /* taken: zeroes again */
}

TEST(r61_lazy_free, .cpus = 2,
     .shows = "a page that was given up and is written while somebody takes such pages is not taken")
{
    struct scene *s = scene_begin();
    struct given g = {.start = scene_mmap(s, PAGES, VM_RW)};

    actor_run(s, 0, fill_and_give_up, &g);
    race_action(R61, let_it_write, &g);
    struct actor *writer = actor_start(s, 1, write_when_told, &g);
    actor_run(s, 0, run_short, &g);
    actor_join(s, writer);
    check_kept(s, &g);
    actor_run(s, 1, look_after, &g);
    scene_end(s);
}

/* Its CPU remembers the pages as written, before and after. */
static void write_by_memory(void *arg)
{
    struct given *g = arg;

    fill(g);
    store_release(&g->filled, 1u);
    scene_await(&g->go);
    user_store(g->start, 7);
}

static void give_up_here(void *arg)
{
    give_up_all(arg);
}

TEST(r61_written_from_memory, .cpus = 2,
     .shows = "a CPU that wrote a page before it was given up does not write it unnoticed afterwards")
{
    struct scene *s = scene_begin();
    struct given g = {.start = scene_mmap(s, PAGES, VM_RW)};
    struct actor *writer = actor_start(s, 1, write_by_memory, &g);

    while (!load_acquire(&g.filled))
        task_yield();
    actor_run(s, 0, give_up_here, &g);
    store_release(&g.go, 1u);
    actor_join(s, writer);
    lazy_free_reclaim();
    check_kept(s, &g);
    actor_run(s, 1, look_after, &g);
    scene_end(s);
}
