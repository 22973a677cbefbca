/* The TLB oracle: see oracle.h. */
#include "arch/sim/oracle.h"
#include "arch/sim/broken.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "diag/trace.h"
#include "mm/frame/page.h"

static bool listening;
static bool is_free[SIM_FRAMES];
static s32 freed_by[SIM_FRAMES]; /* CPU */

void oracle_start(void)
{
    trace_mask |= TRACE_BIT(mm_page_free) | TRACE_BIT(mm_page_alloc);
    listening = true;
}

/* Frames that are claimed or taken as a range come back to life without an event: their references tell. */
static bool frame_is_free(pfn_t pfn)
{
    return listening && is_free[pfn] && page_refs(page_of(pfn)) == 0;
}

static const char *what_is(vaddr_t va)
{
    return va >= MIRROR_BASE ? "mirror address" : va < USER_END ? "user address" : "kernel address";
}

static vaddr_t user_of(vaddr_t va)
{
    return va >= MIRROR_BASE ? (va - MIRROR_BASE) << 10 : va;
}

void oracle_frame_used(u32 cpu, vaddr_t va, pfn_t pfn, u32 loaded)
{
    if (pfn >= SIM_FRAMES)
        sim_fail("CPU %u reached frame %#x through %s %#x: there is no such memory", cpu, pfn, what_is(va),
                 va);
    if (frame_is_free(pfn))
        sim_fail(
            "CPU %u used a translation of %s %#x, loaded at step %u, to frame %#x, which CPU %d had freed",
            cpu, what_is(va), va, loaded, pfn, freed_by[pfn]);
}

void oracle_table_used(u32 cpu, vaddr_t va, pfn_t pfn, u32 loaded)
{
    if (pfn < SIM_FRAMES && frame_is_free(pfn))
        sim_fail(
            "CPU %u walked for %#x through a PDE cached at step %u to page table %#x, which CPU %d had freed",
            cpu, va, loaded, pfn, freed_by[pfn]);
}

/* A flush is missing when a frame becomes free that some CPU could still reach. */
static void check_cpu(u32 cpu, pfn_t pfn)
{
    const struct mmu *m = &mmus[cpu];

    if (m->root >> PAGE_SHIFT == pfn)
        sim_fail("CPU %u freed page directory %#x while CPU %u still has it in CR3", cpu_id(), pfn, cpu);
    for (u32 i = 0; i < m->tlb_used; i++)
        if (m->tlb[i].valid && m->tlb[i].pfn == pfn)
            sim_fail(
                "missing flush: CPU %u freed frame %#x while CPU %u still translates %s %#x (of user %#x) to it "
                "(loaded at step %u)",
                cpu_id(), pfn, cpu, what_is(m->tlb[i].page << PAGE_SHIFT), m->tlb[i].page << PAGE_SHIFT,
                user_of(m->tlb[i].page << PAGE_SHIFT), m->tlb[i].step);
    for (u32 i = 0; i < PDES_CACHED; i++)
        if (m->pde[i].valid && m->pde[i].value >> PAGE_SHIFT == pfn)
            sim_fail(
                "missing flush: CPU %u freed page table %#x while CPU %u still has the PDE of %#x cached "
                "(loaded at step %u)",
                cpu_id(), pfn, cpu, m->pde[i].index << PDE_SHIFT, m->pde[i].step);
}

static void frame_freed(pfn_t pfn)
{
    if (!listening || pfn >= SIM_FRAMES || is_blind(BLIND_FRAMES))
        return;
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        check_cpu(cpu, pfn);
    is_free[pfn] = true;
    freed_by[pfn] = (s32)cpu_id();
}

static void frame_allocated(pfn_t pfn)
{
    if (pfn < SIM_FRAMES)
        is_free[pfn] = false;
}

/* The linker sends the kernel's trace writers through here (--wrap): the oracle is one more reader of the
 * trace. */
in_registers void __real_trace_write_mm_page_alloc(pfn_t pfn, u32 flags);
in_registers void __wrap_trace_write_mm_page_alloc(pfn_t pfn, u32 flags);
in_registers void __wrap_trace_write_mm_page_alloc(pfn_t pfn, u32 flags)
{
    frame_allocated(pfn);
    __real_trace_write_mm_page_alloc(pfn, flags);
}

in_registers void __real_trace_write_mm_page_free(pfn_t pfn);
in_registers void __wrap_trace_write_mm_page_free(pfn_t pfn);
in_registers void __wrap_trace_write_mm_page_free(pfn_t pfn)
{
    frame_freed(pfn);
    __real_trace_write_mm_page_free(pfn);
}
