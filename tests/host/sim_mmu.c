/* The simulated machine checks itself: an MMU or an oracle that notices nothing would make every other test
 * worthless. That these tests do notice is checked by self_test.c. */
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/tlb.h"
#include "tests/host/sim_bench.h"
#include "tests/test.h"

TEST(sim_walk_sets_accessed_and_dirty, .shows = "the walker sets A on a load, D on the first store")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ | PROT_PTE_WRITE);
    check(!pte_young(bench_entry(&b)));
    check(mmu_translate(VA + 8, false, &pa, &code));
    check_eq(pa, (page_pfn(b.frame) << PAGE_SHIFT) + 8);
    check(pte_young(bench_entry(&b)) && !pte_dirty(bench_entry(&b)));
    check(mmu_translate(VA, true, &pa, &code));
    check(pte_dirty(bench_entry(&b)));
    bench_end(&b);
}

TEST(sim_tlb_keeps_until_flushed, .shows = "a cleared entry is used until INVLPG, and faults afterwards")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ);
    check(mmu_translate(VA, false, &pa, &code));
    pte_xchg(pte_slot(&b.space, VA), (pte_t){0});
    check(mmu_translate(VA, false, &pa, &code));
    tlb_flush_page(VA);
    check(!mmu_translate(VA, false, &pa, &code));
    check_eq(code, 0);
    bench_end(&b);
}

TEST(sim_stale_read_only_entry_faults_once,
     .shows = "a raised right is not seen before the fault drops the old entry (R48)")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ);
    check(mmu_translate(VA, false, &pa, &code));
    pte_xchg(pte_slot(&b.space, VA), pte_with_write(bench_entry(&b)));
    check(!mmu_translate(VA, true, &pa, &code));
    check_eq(code, 3);
    check(mmu_translate(VA, true, &pa, &code));
    bench_end(&b);
}

TEST(sim_directory_entry_is_cached,
     .shows = "a page table taken out of the directory is walked until a flush (R50)")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ);
    check(mmu_translate(VA, false, &pa, &code));
    pde_clear(&b.space, VA);
    pte_install((pte_t *)memory_word((page_pfn(b.table) << PAGE_SHIFT) + 4 * pte_index(VA + PAGE_SIZE)),
                pte_make(page_pfn(b.frame), PROT_PTE_USER));
    check(mmu_translate(VA + PAGE_SIZE, false, &pa, &code));
    tlb_flush_page(VA + PAGE_SIZE);
    check(!mmu_translate(VA + PAGE_SIZE, false, &pa, &code));
    bench_end(&b);
}

TEST(sim_load_of_root_flushes, .shows = "loading another directory drops what the former one mapped")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ);
    check(mmu_translate(VA, false, &pa, &code));
    space_load(&kernel_space);
    check(!mmu_translate(VA, false, &pa, &code));
    space_load(&b.space);
    check(mmu_translate(VA, false, &pa, &code));
    bench_end(&b);
}

TEST(sim_mirror_shows_the_tables,
     .shows = "the mirror window translates to the page table, with no write right beyond the directory's")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ);
    check(mmu_translate(MIRROR_BASE + 4 * (VA >> PAGE_SHIFT), true, &pa, &code));
    check_eq(pa, (page_pfn(b.table) << PAGE_SHIFT) + 4 * pte_index(VA));
    check(mmu_translate(MIRROR_DIR + 4 * pde_index(VA), false, &pa, &code));
    check_eq(pa, b.space.root + 4 * pde_index(VA));
    check(!mmu_translate(MIRROR_BASE, false, &pa, &code));
    bench_end(&b);
}

TEST(sim_range_flush, .shows = "a range's flush drops its first page and its last, and no page behind it")
{
    struct bench b;
    pte_t *slots;

    bench_begin(&b, PROT_PTE_READ);
    slots = (pte_t *)memory_word((page_pfn(b.table) << PAGE_SHIFT) + 4 * pte_index(VA));
    for (u32 i = 1; i < 4; i++)
        pte_install(&slots[i], bench_entry(&b));
    for (u32 i = 0; i < 4; i++)
        check(bench_access(VA + i * PAGE_SIZE, false));
    for (u32 i = 0; i < 4; i++)
        pte_xchg(&slots[i], (pte_t){0});
    tlb_flush_range(VA, VA + 3 * PAGE_SIZE);
    for (u32 i = 0; i < 3; i++)
        check(!bench_access(VA + i * PAGE_SIZE, false));
    check(bench_access(VA + 3 * PAGE_SIZE, false));
    bench_end(&b);
}

TEST(sim_read_only, .shows = "a store through a read-only entry faults, though the kernel makes it")
{
    struct bench b;

    bench_begin(&b, PROT_PTE_READ);
    check(!bench_access(VA, true));
    check(bench_access(VA, false));
    check(!bench_access(VA, true));
    bench_end(&b);
}

TEST(sim_forgetful, .shows = "forgetful TLBs drop entries that nobody flushed")
{
    struct bench b;
    u32 kept = 0;

    bench_begin(&b, PROT_PTE_READ);
    check(bench_access(VA, false));
    pte_xchg(pte_slot(&b.space, VA), (pte_t){0});
    mmu_set_forgetful(1);
    while (kept < 1000 && bench_access(VA, false))
        kept++;
    mmu_set_forgetful(0);
    check(kept > 0 && kept < 1000);
    bench_end(&b);
}
