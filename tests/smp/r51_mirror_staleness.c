/*
 * R50, R51: a page table dies on one CPU while another has its mirror address (and its directory entry) in the TLB. That
 * CPU's next fault there must edit the new table, not the freed frame.
 */
#include "tests/scenario.h"

#define BASE 0x40000000u

struct tables {
    struct mm *mm;
    u32 warm, replaced;
    u32 seen;
};

/* Faults in the range (so the mirror address of its table is in this CPU's TLB), waits, faults there again. */
static void fault_before_and_after(void *arg)
{
    struct tables *t = arg;

    user_store(BASE, 1);
    preempt_disable();
    store_release(&t->warm, 1);
    scene_await(&t->replaced);
    preempt_enable_no_resched();
    user_store(BASE + PAGE_SIZE, 2);
    t->seen = user_load(BASE + 2 * PAGE_SIZE);
}

/* Unmaps all of it, so that the table is freed, and makes a new one by a store of its own. */
static void replace_table(void *arg)
{
    struct tables *t = arg;

    check_eq(mm_munmap(t->mm, BASE, PDE_SIZE), 0);
    check_eq(t->mm->pt_count, 0);
    struct mmap_request request = {
        .addr = BASE, .length = PDE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE, .how = MM_FIXED};
    check_eq((vaddr_t)mm_mmap(t->mm, &request), BASE);
    user_store(BASE + 2 * PAGE_SIZE, 3);
    store_release(&t->replaced, 1);
}

static void replace_while_warm(void)
{
    struct scene *s = scene_begin();
    struct tables t = {.mm = scene_mm(s)};

    scene_mmap_at(s, BASE, PTES, VM_RW);
    struct actor *warm = actor_start(s, 1, fault_before_and_after, &t);
    while (!load_acquire(&t.warm))
        task_yield();
    actor_run(s, 0, replace_table, &t);
    actor_join(s, warm);
    check_eq(t.seen, 3);
    check(pte_present(scene_pte(t.mm, BASE + PAGE_SIZE)));
    scene_end(s);
}

TEST(r50_paging_structure_cache, .cpus = 2, .limit_ticks = 1500, .shows = "no CPU reaches a freed page table through a cached directory entry")
{
    replace_while_warm();
}
TEST(r51_mirror_staleness, .cpus = 2, .limit_ticks = 1500, .shows = "no CPU edits a freed page table through a stale mirror address")
{
    replace_while_warm();
}
