/* How page-table entries are reached: the mirror for the running space, the direct map for any other (S42,
 * S46). */
#include "arch/pgtable.h"
#include "arch/cpu.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "sched/task.h"

static enum { BY_MIRROR, BY_DIRECT_MAP } ptaccess;
BOOT_CHOICE(ptaccess, "how page tables of the running space are reached", (unsigned *)&ptaccess, "mirror",
            "directmap");

#define KERNEL_PDES (DIRECT_BASE >> PDE_SHIFT) /* this PDE and all above are the same in every space */

/*
 * May the mirror stand for `space`? It must be the running task's own: a kernel task may find it loaded by
 * chance (lazy TLB), but would find another one loaded after its next preemption, and write into that one's
 * tables.
 */
static bool in_mirror(const struct space *space)
{
    const struct task *task = current_task();

    return ptaccess == BY_MIRROR && task && task->space == space && cpu_local()->loaded_space == space;
}

pte_t *pte_slot(struct space *space, vaddr_t va)
{
    assert(va < MIRROR_BASE);
    if (in_mirror(space))
        return (pte_t *)MIRROR_BASE + (va >> PAGE_SHIFT);

    pde_t pde = pte_read(&space->dir[pde_index(va)]);
    assert(pte_present(pde) && !pte_large(pde));
    return (pte_t *)phys_to_direct(pde.v & PAGE_MASK) + pte_index(va);
}

pde_t *pde_slot(struct space *space, vaddr_t va)
{
    return (in_mirror(space) ? (pde_t *)MIRROR_DIR : space->dir) + pde_index(va);
}

/* S44: nobody may change the mirror, and no kernel PDE changes after boot (S01): both would be a wild write.
 */
static void refuse_kernel_pde(vaddr_t va, vaddr_t writer)
{
    if (pde_index(va) == MIRROR_PDE)
        panic("%pS would overwrite the mirror's page-directory entry", (void *)writer);
    if (pde_index(va) >= KERNEL_PDES)
        panic("%pS would change the kernel's page-directory entry %u", (void *)writer, pde_index(va));
}

void pde_install(struct space *space, vaddr_t va, pde_t pde)
{
    refuse_kernel_pde(va, CALLER_IP());
    pte_t *slot = pde_slot(space, va);
    assert(pte_empty(pte_read(slot)));
    pte_install(slot, pde);
}

pde_t pde_clear(struct space *space, vaddr_t va)
{
    refuse_kernel_pde(va, CALLER_IP());
    return pte_xchg(pde_slot(space, va), (pde_t){0});
}

/* Not global: bit 8 means nothing in a PDE, but the mirror reads this entry as a PTE. */
pde_t pde_make_table(pfn_t table, bool user)
{
    assert(table < DIRECT_LIMIT_PFN);
    return (pde_t){(table << PAGE_SHIFT) | PTE_P | PTE_W | (user ? PTE_U : 0)};
}

/* The window's tables are part of every space, so the mirror shows them whatever is loaded. */
void kernel_pte_set(vaddr_t va, pte_t pte)
{
    assert(va >= KWINDOW_BASE && va < FIXED_END);
    pte_xchg((pte_t *)MIRROR_BASE + (va >> PAGE_SHIFT), pte);
}

pte_t kernel_pte_get(vaddr_t va)
{
    assert(va >= KWINDOW_BASE && va < FIXED_END);
    return pte_read((pte_t *)MIRROR_BASE + (va >> PAGE_SHIFT));
}
