/* See foreign.h. */
#include "arch/x86/foreign.h"
#include "arch/cpu.h"
#include "arch/tlb.h"
#include "diag/assert.h"
#include "sync/spinlock.h"

/* One for all directories: a lock each would live in struct space, and the slot is not for paths that hurry.
 */
DEFINE_SPINLOCK(foreign_lock, LEAF);

struct foreign foreign_open(struct space *space, vaddr_t va)
{
    struct foreign foreign = {.flags = spin_lock_irq_save(&foreign_lock),
                              .slot = (pte_t *)FOREIGN_BASE + (va >> PAGE_SHIFT)};
    pde_t *own = (pde_t *)MIRROR_DIR + FOREIGN_PDE;

    assert(vaddr_is_user(va) && pte_present(pte_read(&space->dir[pde_index(va)])));
    assert(pte_empty(pte_read(own)));
    pte_install(own, pde_make_table(space->root >> PAGE_SHIFT, false));
    /* Another CPU in our directory may have opened it before, for another space, and the walker may have
     * looked ahead. */
    tlb_flush_page((vaddr_t)(uintptr_t)foreign.slot);
    return foreign;
}

void foreign_close(struct foreign foreign)
{
    pte_xchg((pde_t *)MIRROR_DIR + FOREIGN_PDE, (pde_t){0});
    tlb_flush_page((vaddr_t)(uintptr_t)foreign.slot);
    spin_unlock_irq_restore(&foreign_lock, foreign.flags);
}

/* What this CPU has open for pte_slot(). Interrupts are off while it has; (p) */
struct opened {
    struct foreign foreign;
    pfn_t table; /* 0: nothing */
};
static PERCPU(struct opened, opened);

pte_t *foreign_slot_open(struct space *space, vaddr_t va)
{
    assert(preempt_count());
    if (this_cpu(opened).table)
        return NULL;
    struct foreign foreign = foreign_open(space, va);
    this_cpu(opened) = (struct opened){foreign, pte_pfn(pte_read(&space->dir[pde_index(va)]))};
    return foreign.slot;
}

/* Of what pte_slot() gave out, only this went through the slot. */
void keeps_registers foreign_slot_close(pfn_t table)
{
    assert(preempt_count());
    if (this_cpu(opened).table != table)
        return;
    this_cpu(opened).table = 0;
    foreign_close(this_cpu(opened).foreign);
}
