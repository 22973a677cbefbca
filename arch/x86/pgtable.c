/* How page-table entries are reached: the mirror for the running space, the direct map for any other (S42,
 * S46). */
#include "arch/pgtable.h"
#include "arch/cpu.h"
#include "arch/x86/foreign.h"
#include "arch/x86/paging.h"
#include "arch/x86/pdesync.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "sched/task.h"

unsigned ptaccess;
BOOT_CHOICE(
    ptaccess,
    "how page tables are reached: the running space's by the mirror, or all by the direct map; or other "
    "spaces' by the foreign mirror",
    &ptaccess, "mirror", "directmap", "foreign");

#define KERNEL_PDES (DIRECT_BASE >> PDE_SHIFT) /* this PDE and all above are the same in every space */

/*
 * May the mirror stand for `space`? It must be the running task's own: a kernel task may find it loaded by
 * chance (lazy TLB), but would find another one loaded after its next preemption, and write into that one's
 * tables. A task's own is always the loaded one: the switch to the task loads it, and where the task changes
 * it preemption is off until the new one is loaded (mm/space/mm_task.c).
 */
static always_inline bool in_mirror(const struct space *space)
{
    const struct task *task = current_task();

    return likely(task != NULL) && task->space == space && ptaccess != BY_DIRECT_MAP;
}

static pte_t *slot_in_direct_map(struct space *space, vaddr_t va)
{
    pde_t pde = pte_read(&space->dir[pde_index(va)]);

    assert(pte_present(pde) && !pte_large(pde));
    return (pte_t *)phys_to_direct(pde.v & PAGE_MASK) + pte_index(va);
}

static always_inline pte_t *slot_in_mirror(vaddr_t va)
{
    return (pte_t *)MIRROR_BASE + (va >> PAGE_SHIFT);
}

static noinline pte_t *slot_of_other(struct space *space, vaddr_t va)
{
    pte_t *slot = ptaccess == BY_FOREIGN ? foreign_slot_open(space, va) : NULL;

    return slot ? slot : slot_in_direct_map(space, va);
}

inline pte_t *pte_slot(struct space *space, vaddr_t va)
{
    assert(va < FOREIGN_BASE);
    return likely(in_mirror(space)) ? slot_in_mirror(va) : slot_of_other(space, va);
}

inline pte_t *pte_slot_lasting(struct space *space, vaddr_t va)
{
    bool own = current_task()->space == space && ptaccess != BY_DIRECT_MAP;

    return likely(own) ? slot_in_mirror(va) : slot_in_direct_map(space, va);
}

static noinline pte_t peek_other(struct space *space, vaddr_t va)
{
    pte_t entry = pte_read(slot_of_other(space, va));

    pte_slot_close(pte_pfn(pte_read(&space->dir[pde_index(va)])));
    return entry;
}

pte_t pte_peek(struct space *space, vaddr_t va)
{
    return likely(in_mirror(space)) ? pte_read(slot_in_mirror(va)) : peek_other(space, va);
}

pte_t *pte_slot_in(pfn_t table, vaddr_t va)
{
    assert(table < DIRECT_LIMIT_PFN);
    return (pte_t *)phys_to_direct(table << PAGE_SHIFT) + pte_index(va);
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

noinline void pde_install(struct space *space, vaddr_t va, pde_t pde)
{
    refuse_kernel_pde(va, CALLER_IP());
    pte_t *slot = pde_slot(space, va);
    assert(pte_empty(pte_read(slot)));
    pte_install(slot, pde);
}

noinline pde_t pde_clear(struct space *space, vaddr_t va)
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

/*
 * With pdesync=prealloc the window's tables are part of every space, so the mirror shows them whatever is
 * loaded. Otherwise the loaded directory may lack one; the tables themselves stand in the image, which none
 * lacks.
 */
static pte_t *kernel_slot(vaddr_t va)
{
    assert(va >= KWINDOW_BASE && va < FIXED_END);
    if (likely(pdesync == PDESYNC_PREALLOC))
        return (pte_t *)MIRROR_BASE + (va >> PAGE_SHIFT);
    return &window_tables[0][0] + ((va - KWINDOW_BASE) >> PAGE_SHIFT);
}

void kernel_pte_set(vaddr_t va, pte_t pte)
{
    pdesync_ensure(va);
    pte_xchg(kernel_slot(va), pte);
}

pte_t kernel_pte_get(vaddr_t va)
{
    return pte_read(kernel_slot(va));
}
