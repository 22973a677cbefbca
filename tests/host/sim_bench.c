/* See sim_bench.h. */
#include "tests/host/sim_bench.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"

void bench_begin(struct bench *b, unsigned prot)
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

void bench_end(struct bench *b)
{
    space_load(&kernel_space);
    preempt_enable();
    page_put(b->frame);
    page_put(b->table);
    page_put(b->root);
}

pte_t bench_entry(struct bench *b)
{
    return (pte_t){*memory_word((page_pfn(b->table) << PAGE_SHIFT) + 4 * pte_index(VA))};
}

bool bench_access(vaddr_t va, bool write)
{
    paddr_t pa;
    u32 code;

    return mmu_translate(va, write, &pa, &code);
}
