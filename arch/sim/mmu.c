/* Page walks of the virtual CPUs: see mmu.h. */
#include "arch/sim/broken.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu_private.h"
#include "arch/sim/oracle.h"
#include "arch/sim/races.h"
#include "arch/trap.h"
#include "diag/assert.h"

/*
 * The walker's look at an entry; where it allows the access, A (and D) are set in memory. Between the look
 * and the locked update anything may happen; the update is made only if the entry is still what it was
 * (false: walk again).
 */
static bool entry_use(paddr_t at, u32 *value, u32 needs, u32 sets)
{
    u32 *word = memory_word(at);

    sim_choice_here(STEP_WALK, word, CHOICE_CLOSED | CHOICE_READS);
    *value = *word;
    if (races_on)
        races_acquire(word);
    if ((*value & needs) != needs || (*value & sets) == sets)
        return true;
    sim_choice_here(STEP_WALK, word, CHOICE_CLOSED | CHOICE_WRITES);
    if (*word != *value)
        return false;
    if (is_broken(BREAK_ACCESSED))
        sets &= ~PTE_A;
    if (is_broken(BREAK_DIRTY))
        sets &= ~PTE_D;
    *word |= sets;
    *value |= sets;
    if (races_on) {
        races_acquire(word);
        races_release(word, 4);
    }
    return true;
}

enum walked { WALK_AGAIN, WALK_DONE, WALK_ABSENT, WALK_FORBIDDEN };

/* *at: the page-table entry that it came to. */
static enum walked walk(struct mmu *m, vaddr_t va, bool write, paddr_t *at, u32 *pte)
{
    struct cached_pde *cached = pde_find(m, va);
    u32 needs = write ? PTE_P | PTE_W : PTE_P;
    u32 pde;

    if (cached) {
        pde = cached->value;
        oracle_table_used(cpu_id(), va, pde >> PAGE_SHIFT, cached->step);
    } else {
        if (!entry_use(m->root + 4 * pde_index(va), &pde, PTE_P, PTE_A))
            return WALK_AGAIN;
        if (!(pde & PTE_P))
            return WALK_ABSENT;
        assert(!(pde & PDE_PS));
        pde_insert(m, va, pde);
    }
    *at = (pde & PAGE_MASK) + 4 * pte_index(va);
    if (!entry_use(*at, pte, needs, write ? PTE_A | PTE_D : PTE_A))
        return WALK_AGAIN;
    if (!(*pte & PTE_P))
        return WALK_ABSENT;
    *pte &= (pde & (PTE_W | PTE_U)) | ~(PTE_W | PTE_U); /* rights are what both levels grant */
    if (is_broken(BREAK_READ_ONLY))
        return WALK_DONE;
    return write && !(*pte & PTE_W) ? WALK_FORBIDDEN : WALK_DONE;
}

/* A page fault also drops what the processor had cached for the address (SDM 4.10.4.1), so a retry walks
 * afresh. */
static bool fault(struct mmu *m, vaddr_t va, bool write, bool present, u32 *code)
{
    struct tlb_entry *e = tlb_find(m, va);
    struct cached_pde *p = pde_find(m, va);

    if (e)
        e->valid = false;
    if (p)
        p->valid = false;
    *code = (present ? PF_PRESENT : 0) | (write ? PF_WRITE : 0);
    return false;
}

bool mmu_translate(vaddr_t va, bool write, paddr_t *pa, u32 *code)
{
    struct mmu *m = &mmus[cpu_id()];
    struct tlb_entry *e;
    enum walked how;
    paddr_t at;
    u32 pte;

    tlb_maybe_forget(m);
    e = is_broken(BREAK_NO_TLB) ? NULL : tlb_find(m, va);
    if (e && write && !(e->flags & PTE_W))
        return fault(m, va, write, true, code); /* CR0.WP is set: the kernel obeys read-only, too */
    if (!e || (write && !(e->flags & PTE_D))) {
        while ((how = walk(m, va, write, &at, &pte)) == WALK_AGAIN)
            ;
        if (how != WALK_DONE)
            return fault(m, va, write, how == WALK_FORBIDDEN, code);
        tlb_insert(m, va, at, pte);
        e = tlb_find(m, va);
    }
    oracle_frame_used(cpu_id(), va, e->pfn, e->step);
    *pa = (e->pfn << PAGE_SHIFT) | (va & ~PAGE_MASK);
    return true;
}

/* For the explorer's bookkeeping: what an access would reach now, without a step and without a trace in any
 * cache. */
const void *mmu_peek(vaddr_t va)
{
    struct mmu *m = &mmus[cpu_id()];
    struct tlb_entry *e = tlb_find(m, va);
    struct cached_pde *cached = pde_find(m, va);
    u32 pde, pte;

    if (e)
        return memory_word((e->pfn << PAGE_SHIFT) | (va & ~PAGE_MASK));
    pde = cached ? cached->value : *memory_word(m->root + 4 * pde_index(va));
    if (!(pde & PTE_P) || pde >> PAGE_SHIFT >= SIM_FRAMES)
        return (const void *)va;
    pte = *memory_word((pde & PAGE_MASK) + 4 * pte_index(va));
    if (!(pte & PTE_P) || pte >> PAGE_SHIFT >= SIM_FRAMES)
        return (const void *)va;
    return memory_word((pte & PAGE_MASK) | (va & ~PAGE_MASK));
}
