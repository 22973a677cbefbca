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
