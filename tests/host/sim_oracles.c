/*
 * What the oracles must notice. Each of these tests does a thing right, and with its boot word (simplant=)
 * wrong; the self test (tests/host/self_test.c) runs it both ways, and once more with the oracle blinded.
 */
#include "arch/pgtable.h"
#include "arch/sim/broken.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/rights.h"
#include "arch/tlb.h"
#include "mm/frame/page.h"
#include "sched/task.h"
#include "tests/host/sim_bench.h"
#include "tests/host/sync_crew.h"
#include "tests/test.h"

TEST(oracle_freed_frame, .shows = "a frame that becomes free while a TLB leads to it is a missing flush")
{
    struct bench b;

    bench_begin(&b, PROT_PTE_READ);
    check(bench_access(VA, false));
    *memory_word((page_pfn(b.table) << PAGE_SHIFT) + 4 * pte_index(VA)) = 0; /* past the rights oracle */
    if (sim_planted != PLANT_FREED_FRAME)
        tlb_flush_page(VA);
    page_put(b.frame);
    b.frame = page_alloc(GFP_KERNEL | GFP_ZERO);
    bench_end(&b);
}

TEST(oracle_freed_table,
     .shows = "a page table that becomes free while a PDE cache leads to it is a missing flush")
{
    struct bench b;

    bench_begin(&b, PROT_PTE_READ);
    check(bench_access(VA, false));
    *memory_word(b.space.root + 4 * pde_index(VA)) = 0;
    if (sim_planted != PLANT_FREED_TABLE)
        tlb_flush_page(VA);
    page_put(b.table);
    b.table = page_alloc(GFP_KERNEL | GFP_ZERO);
    bench_end(&b);
}

TEST(oracle_rights,
     .shows =
         "a TLB that still writes what was made read-only, when the operation is over, is a missing flush")
{
    struct bench b;

    bench_begin(&b, PROT_PTE_READ | PROT_PTE_WRITE);
    check(bench_access(VA, true));
    pte_xchg(pte_slot(&b.space, VA), pte_without_write(bench_entry(&b)));
    if (sim_planted != PLANT_RIGHTS)
        tlb_flush_page(VA);
    rights_operation_ends();
    bench_end(&b);
}

TEST(oracle_deadlock, .shows = "a task that sleeps while nobody can wake it is a deadlock")
{
    if (sim_planted != PLANT_SLEEPER)
        return;
    task_set_state(TASK_UNINTERRUPTIBLE);
    task_sleep();
}

static u32 flag, ordered;

static void write_flag(void *arg)
{
    ordered++; /* after task_start(), before task_join() */
    if (sim_planted == PLANT_PLAIN_RACE || sim_planted == PLANT_HALF_MARKED_RACE)
        flag = 1;
    else
        WRITE_ONCE(flag, 1);
}

TEST(oracle_data_race, .cpus = 2,
     .shows = "two writes of two CPUs, one of them plain, with nothing that orders them are a data race")
{
    struct crew crew = {.n = 0};

    ordered = 0;
    crew_add(&crew, 1, write_flag, NULL);
    if (sim_planted == PLANT_PLAIN_RACE)
        flag = 2;
    else
        WRITE_ONCE(flag, 2);
    crew_join(&crew);
    check(flag != 0);
    check_eq(++ordered, 2);
}
