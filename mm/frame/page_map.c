/*
 * Reaching a frame's contents: through the direct map, or through a slot of this CPU in the fixed area for
 * frames above it. A slot's translation is used by its own CPU only, with preemption off, so that the flush
 * is local.
 */
#include "arch/pagecopy.h"
#include "arch/pgtable.h"
#include "arch/tlb.h"
#include "diag/assert.h"
#include "mm/frame/page_private.h"

/* Two for page_copy; an interrupt handler may map two more on top of them. */
#define SLOTS_PER_CPU 4u
static_assert(MAX_CPUS * SLOTS_PER_CPU * PAGE_SIZE <= FIXED_END - FIXED_BASE,
              "the slots fit into the fixed area");

static PERCPU(u32, slots_used); /* (p) preemption off; interrupts leave it as they found it */

static vaddr_t slot_address(u32 slot)
{
    return FIXED_BASE + (cpu_id() * SLOTS_PER_CPU + slot) * PAGE_SIZE;
}

static noinline void *map_high(const struct page *page)
{
    u32 slot = this_cpu(slots_used)++;
    assert(slot < SLOTS_PER_CPU);
    vaddr_t va = slot_address(slot);
    assert(pte_empty(kernel_pte_get(va)));
    kernel_pte_set(va, pte_make(page_pfn(page), PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_DIRTY));
    return (void *)(uintptr_t)va;
}

void *page_map(struct page *page)
{
    preempt_disable();
    pfn_t pfn = page_pfn(page);
    return likely(pfn < DIRECT_LIMIT_PFN) ? phys_to_direct(pfn << PAGE_SHIFT) : map_high(page);
}

void page_unmap(const void *addr)
{
    vaddr_t va = (vaddr_t)(uintptr_t)addr;
    if (unlikely(va >= FIXED_BASE)) {
        assert(this_cpu(slots_used) > 0 &&
               va == slot_address(this_cpu(slots_used) - 1)); /* last in, first out */
        kernel_pte_set(va, (pte_t){0});
        tlb_flush_page(va);
        this_cpu(
            slots_used)--; /* last: an interrupt before this line must not take a slot that is still mapped */
    }
    preempt_enable();
}

/* The frame's address in the direct map, where it needs no slot and no care; NULL above it. */
static inline void *direct_address(const struct page *page)
{
    pfn_t pfn = page_pfn(page);
    return likely(pfn < DIRECT_LIMIT_PFN) ? phys_to_direct(pfn << PAGE_SHIFT) : NULL;
}

void page_zero(struct page *page)
{
    void *direct = direct_address(page);
    if (likely(direct)) {
        page_clear_words(direct);
        return;
    }
    void *to = page_map(page);
    page_clear_words(to);
    page_unmap(to);
}

void page_copy(struct page *to, struct page *from)
{
    void *to_direct = direct_address(to), *from_direct = direct_address(from);
    if (likely(to_direct && from_direct)) {
        page_copy_words(to_direct, from_direct);
        return;
    }
    void *source = page_map(from);
    void *target = page_map(to);
    page_copy_words(target, source);
    page_unmap(target);
    page_unmap(source);
}
