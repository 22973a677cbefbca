/* The simulated machine checks itself: an MMU or an oracle that notices nothing would make every other test
 * worthless. */
#include "arch/pgtable.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/tlb.h"
#include "lib/string.h"
#include "mm/page.h"
#include "tests/test.h"

#define VA 0x40001000u

struct bench {
    struct space space;
    struct page *root, *table, *frame;
};

/* A space with one page at VA, loaded on this CPU. Preemption is off until bench_end. */
static void bench_begin(struct bench *b, unsigned prot)
{
    b->root = page_alloc(GFP_KERNEL | GFP_ZERO);
    b->table = page_alloc(GFP_KERNEL | GFP_ZERO);
    b->frame = page_alloc(GFP_KERNEL | GFP_ZERO);
    space_init(&b->space, page_pfn(b->root) << PAGE_SHIFT);
    pde_install(&b->space, VA, pde_make_table(page_pfn(b->table), true));
    pte_install(pte_slot(&b->space, VA), pte_make(page_pfn(b->frame), prot | PROT_PTE_USER));
    preempt_disable();
    space_load(&b->space);
}

static void bench_end(struct bench *b)
{
    space_load(&kernel_space);
    preempt_enable();
    page_put(b->frame);
    page_put(b->table);
    page_put(b->root);
}

static pte_t entry_of(struct bench *b)
{
    return (pte_t){*memory_word((page_pfn(b->table) << PAGE_SHIFT) + 4 * pte_index(VA))};
}

TEST(sim_walk_sets_accessed_and_dirty, .shows = "the walker sets A on a load, D on the first store")
{
    struct bench b;
    paddr_t pa;
    u32 code;

    bench_begin(&b, PROT_PTE_READ | PROT_PTE_WRITE);
    check(!pte_young(entry_of(&b)));
    check(mmu_translate(VA + 8, false, &pa, &code));
    check_eq(pa, (page_pfn(b.frame) << PAGE_SHIFT) + 8);
    check(pte_young(entry_of(&b)) && !pte_dirty(entry_of(&b)));
    check(mmu_translate(VA, true, &pa, &code));
    check(pte_dirty(entry_of(&b)));
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
    pte_xchg(pte_slot(&b.space, VA), pte_with_write(entry_of(&b)));
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
