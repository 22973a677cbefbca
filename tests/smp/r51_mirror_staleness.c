/*
 * R50, R51: page tables die on one CPU while another has their mirror addresses (and directory entries) in
 * its TLB. That CPU's next faults there must edit the new tables, not the freed frames.
 *
 * Several tables, since a TLB may have lost one entry by itself; and the freed frames are put to another use
 * before the new tables are made, or a stale address would find the right frame by chance.
 */
#include "tests/scenario.h"

#define BASE        0x4E400000u
#define TABLES      scene_count(12u, 2u)
#define OTHER_PAGES scene_count(96u, 16u)

struct tables {
    struct mm *mm;
    vaddr_t other;
    u32 warm, replaced;
};

static vaddr_t page_of_table(u32 table, u32 page)
{
    return BASE + table * PDE_SIZE + page * PAGE_SIZE;
}

/* Faults in each range (so the mirror address of its table is in this CPU's TLB), waits, faults there again.
 */
static void fault_before_and_after(void *arg)
{
    struct tables *t = arg;

    for (u32 table = 0; table < TABLES; table++)
        user_store(page_of_table(table, 100), 1);
    preempt_disable();
    store_release(&t->warm, 1);
    scene_await(&t->replaced);
    preempt_enable_no_resched();
    for (u32 table = 0; table < TABLES; table++) {
        user_store(page_of_table(table, 101), 2);
        check_eq(user_load(page_of_table(table, 102)), 3);
    }
}

static void store_in_new_tables(struct tables *t)
{
    for (u32 table = 0; table < TABLES; table++)
        user_store(page_of_table(table, 102), 3);
}

/* Unmaps it all, so that the tables are freed, and makes new ones by stores of its own. */
static void replace_tables(void *arg)
{
    struct tables *t = arg;
    struct mmap_request request = {.addr = BASE,
                                   .length = TABLES * PDE_SIZE,
                                   .vm_flags = VM_RW | VM_MAYWRITE | VM_NORESERVE,
                                   .how = MM_FIXED};

    refusal_pause(); /* until the other lets its CPU go */
    for (u32 table = 0; table < TABLES;
         table++) /* one by one: few pages each, so that no flush drops everything */
        check_eq(again(mm_munmap(t->mm, page_of_table(table, 0), PDE_SIZE)), 0);
    for (u32 page = 0; page < OTHER_PAGES; page++)
        user_store(t->other + page * PAGE_SIZE, 4);
    check_eq((vaddr_t)again(mm_mmap(t->mm, &request)), BASE);
    store_in_new_tables(t);
    store_release(&t->replaced, 1);
    refusal_resume();
}

static void check_installed(struct tables *t)
{
    for (u32 table = 0; table < TABLES; table++)
        check(pte_present(scene_pte(t->mm, page_of_table(table, 101))));
}

static void replace_while_warm(void)
{
    struct scene *s = scene_begin();
    struct tables t = {.mm = scene_mm(s), .other = scene_mmap(s, OTHER_PAGES, VM_RW)};

    scene_mmap_at(s, BASE, TABLES * PTES, VM_RW | VM_NORESERVE);
    struct actor *warm = actor_start(s, 1, fault_before_and_after, &t);
    while (!load_acquire(&t.warm))
        task_yield();
    actor_run(s, 0, replace_tables, &t);
    actor_join(s, warm);
    check_installed(&t);
    scene_end(s);
}

TEST(r50_paging_structure_cache, .cpus = 2, .limit_ticks = 1500,
     .shows = "no CPU reaches a freed page table through a cached directory entry")
{
    replace_while_warm();
}
TEST(r51_mirror_staleness, .cpus = 2, .limit_ticks = 1500,
     .shows = "no CPU edits a freed page table through a stale mirror address")
{
    replace_while_warm();
}
