/*
 * R45: a CPU loads a directory; who clears an entry at that moment must either see the CPU in the space's
 * mask, or the CPU must see the cleared entry. So: set the bit, then load CR3; write the entry, then read the
 * mask.
 *
 * The action at R45 plays the processor: it reads the pages (which fills the TLB) and lets the munmap pass
 * by.
 */
#include "sync/completion.h"
#include "tests/scenario.h"

#define PAGES scene_count(16u, 4u) /* a TLB may lose an entry by itself, but hardly all of them */

struct switching {
    struct mm *mm;
    vaddr_t base;
    struct task *late;
    struct completion may_run;
    u32 slept, in_window, unmapped;
    u32 readable_late;
};

static void fill(void *arg)
{
    struct switching *w = arg;

    for (u32 page = 0; page < PAGES; page++)
        user_store(w->base + page * PAGE_SIZE, 1);
}

static u32 pages_readable(struct switching *w)
{
    u32 readable = 0, value;

    for (u32 page = 0; page < PAGES; page++)
        readable += user_load_u32(w->base + page * PAGE_SIZE, &value) == 0;
    return readable;
}

/* The window is in the switch to the late task: interrupts may be off, so nothing here sleeps. */
static void fill_tlb_then_let_unmap_pass(void *arg)
{
    struct switching *w = arg;

    if (cpu_id() != 1 || READ_ONCE(w->in_window) || !READ_ONCE(w->slept))
        return;
    preempt_disable();
    (void)pages_readable(w);
    store_release(&w->in_window, 1);
    scene_await(&w->unmapped);
    preempt_enable_no_resched();
}

static void run_late(void *arg)
{
    struct switching *w = arg;

    store_release(&w->slept, 1);
    completion_wait(&w->may_run);
    w->readable_late = pages_readable(w);
}
static void unmap(void *arg)
{
    struct switching *w = arg;

    scene_await(&w->in_window);
    /* Not munmap: CPU 1 stands in the switch with its run queue locked, and the end of a region may wake a
     * task there. */
    check_eq(again(mm_mprotect(w->mm, w->base, PAGES * PAGE_SIZE, 0)), 0);
    store_release(&w->unmapped, 1);
}
static void occupy(void *arg) {}

TEST(r45_mask_against_switch, .cpus = 3, .limit_ticks = 3000,
     .shows = "an entry cleared while a CPU loads the directory is not used by that CPU")
{
    struct scene *s = scene_begin();
    struct switching w = {.mm = scene_mm(s), .base = scene_mmap(s, PAGES, VM_RW)};

    completion_init(&w.may_run);
    actor_run(s, 0, fill, &w);
    struct actor *late = actor_start(s, 1, run_late, &w);
    actor_settle(late);
    struct mm *other = obtain(mm_create());
    actor_join(s, actor_start_in(s, other, 1, occupy, NULL)); /* CPU 1 leaves the scene's directory */
    actor_start(s, 2, unmap, &w);
    race_action(R45, fill_tlb_then_let_unmap_pass, &w);
    complete(&w.may_run);
    actor_join(s, late);
    race_action(R45, NULL, NULL);
    check_eq(w.in_window, 1);
    check_eq(w.readable_late, 0);
    mm_put_user(other);
    scene_end(s);
}
