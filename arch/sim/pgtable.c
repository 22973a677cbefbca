/*
 * Page-table entries of the simulated machine: handles into the mirror go through the running CPU's MMU, as
 * they do on the machine, so that a page table whose mirror translation was not flushed is edited where it
 * used to be.
 */
#include "arch/pgtable.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/rights.h"
#include "arch/sim/sim.h"
#include "arch/tlb.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/race.h"
#include "lib/string.h"
#include "sched/task.h"

struct space kernel_space;

enum { PTACCESS_MIRROR, PTACCESS_DIRECT };
static unsigned ptaccess = PTACCESS_MIRROR;
BOOT_CHOICE(ptaccess, "how page tables of the current space are reached", &ptaccess, "mirror", "directmap");

/* ---- handles ---- */

/* Where the handle leads now. A fault here is the kernel's mistake: it uses a table that is not there. */
static u32 *slot_word(const pte_t *slot, bool write)
{
    vaddr_t va = (vaddr_t)(uintptr_t)slot;
    paddr_t pa;
    u32 code;

    if (va < MIRROR_BASE)
        return (u32 *)va;
    if (!mmu_translate(va, write, &pa, &code))
        sim_fail("CPU %u reached for the page-table entry of %#x through the mirror, and there is no table",
                 cpu_id(), (va - MIRROR_BASE) << 10);
    return memory_word(pa);
}

/* One entry, one location, however it is reached: the search wants to know who else touches it. */
static const void *location(const pte_t *slot)
{
    vaddr_t va = (vaddr_t)(uintptr_t)slot;

    return va < MIRROR_BASE ? slot : mmu_peek(va);
}

pte_t sim_pte_read(pte_t *slot)
{
    sim_choice_here(STEP_PTE, location(slot), CHOICE_LATER | CHOICE_READS);
    u32 *word = slot_word(slot, false);
    order_read(word);
    return (pte_t){__atomic_load_n(word, __ATOMIC_RELAXED)};
}

pte_t sim_pte_xchg(pte_t *slot, pte_t entry)
{
    sim_choice_here(STEP_PTE, location(slot), CHOICE_LATER);
    u32 *word = slot_word(slot, true);
    order_write(word);
    u32 old = __atomic_exchange_n(word, entry.v, __ATOMIC_SEQ_CST);
    rights_entry_changed(word, old, entry.v);
    return (pte_t){old};
}

bool sim_pte_cmpxchg(pte_t *slot, pte_t old, pte_t entry)
{
    sim_choice_here(STEP_PTE, location(slot), CHOICE_LATER);
    u32 *word = slot_word(slot, true);
    order_write(word);
    u32 expected = old.v;
    if (!__atomic_compare_exchange_n(word, &expected, entry.v, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        return false;
    rights_entry_changed(word, old.v, entry.v);
    return true;
}

pte_t sim_pte_install(pte_t *slot, pte_t entry)
{
    sim_choice_here(STEP_PTE, location(slot), CHOICE_LATER);
    u32 *word = slot_word(slot, true);
    order_write(word);
    u32 old = *word;
    __atomic_store_n(word, entry.v, __ATOMIC_RELEASE);
    rights_entry_changed(word, old, entry.v);
    return (pte_t){old};
}

/* Only for the running task's own space: what a kernel task has loaded by chance may change at its next
 * preemption. */
static bool through_mirror(const struct space *space)
{
    const struct task *task = current_task();

    return ptaccess == PTACCESS_MIRROR && task && task->space == space && cpu_local()->loaded_space == space;
}

pte_t *pte_slot(struct space *space, vaddr_t va)
{
    if (through_mirror(space))
        return (pte_t *)(uintptr_t)(MIRROR_BASE + 4 * (va >> PAGE_SHIFT));
    u32 pde = READ_ONCE(space->dir[pde_index(va)].v);
    assert(pde & PTE_P);
    return (pte_t *)memory_word((pde & PAGE_MASK) + 4 * pte_index(va));
}

pte_t *pte_slot_lasting(struct space *space, vaddr_t va)
{
    return pte_slot(space, va);
}

pte_t pte_peek(struct space *space, vaddr_t va)
{
    return pte_read(pte_slot(space, va));
}

pte_t *pte_slot_in(pfn_t table, vaddr_t va)
{
    return (pte_t *)memory_word((table << PAGE_SHIFT) + 4 * pte_index(va));
}

pde_t *pde_slot(struct space *space, vaddr_t va)
{
    if (through_mirror(space))
        return (pde_t *)(uintptr_t)(MIRROR_DIR + 4 * pde_index(va));
    return &space->dir[pde_index(va)];
}

/* S44: the mirror and the kernel's half are the same in every space, for good. */
static void refuse_kernel_pde(vaddr_t va, vaddr_t writer)
{
    if (pde_index(va) >= pde_index(USER_END))
        panic("%pS would change the kernel's page-directory entry %u\n", (void *)writer, pde_index(va));
}

void pde_install(struct space *space, vaddr_t va, pde_t pde)
{
    refuse_kernel_pde(va, CALLER_IP());
    pte_install(pde_slot(space, va), pde);
}

pde_t pde_clear(struct space *space, vaddr_t va)
{
    refuse_kernel_pde(va, CALLER_IP());
    return pte_xchg(pde_slot(space, va), (pde_t){0});
}

pde_t pde_make_table(pfn_t table, bool user)
{
    return (pde_t){(table << PAGE_SHIFT) | PTE_P | PTE_W | (user ? PTE_U : 0)};
}

/* ---- spaces ---- */

void space_init(struct space *space, paddr_t root)
{
    u32 *dir = memory_word(root);

    assert(root < SIM_RAM_BYTES && (root & ~PAGE_MASK) == 0);
    *space = (struct space){.root = root, .dir = (pde_t *)dir};
    for (u32 i = 0; i < PTES; i++)
        dir[i] = i < pde_index(USER_END) ? 0 : memory_word(SIM_KERNEL_DIR)[i];
    if (mutant(R52)) /* a directory that was made before the window's later tables, and never told of them */
        memset(&dir[pde_index(KWINDOW_BASE) + 2], 0, (WINDOW_TABLES - 2) * sizeof(u32));
    dir[MIRROR_PDE] = root | PTE_P | PTE_W;
}

void space_exit(struct space *space)
{
    if (!mutant(R44))
        memset(&space->dir[pde_index(USER_END)], 0, (PTES - pde_index(USER_END)) * sizeof(pde_t));
}

/* Mask before CR3, or a shootdown that reads the mask in between would miss this CPU (R45). Interrupts off to
 * the last touch of the former space: a borrowed one goes as soon as a cross-call finds it loaded nowhere. */
void space_load(struct space *space)
{
    irqflags_t flags = irq_save();
    struct space *former = cpu_local()->loaded_space;

    if (former != space) {
        if (!mutant(R45))
            cpumask_set(&space->cpus, cpu_id());
        u32 asked = (u32)atomic_read_acquire(&space->flush_gen);
        mmu_load_root(space->root);
        store_release(&space->flushed[cpu_id()], asked);
        cpu_local()->loaded_space = space;
        cpumask_clear(&former->cpus, cpu_id());
        race_point(R45);
        if (mutant(R45))
            cpumask_set(&space->cpus, cpu_id());
    }
    irq_restore(flags);
}

/* ---- the kernel window ---- */

static u32 *kernel_entry(vaddr_t va)
{
    assert(va >= KWINDOW_BASE && va < FIXED_END);
    return memory_word(SIM_KERNEL_TABLES + 4 * ((va - KWINDOW_BASE) >> PAGE_SHIFT));
}

void kernel_pte_set(vaddr_t va, pte_t pte)
{
    assert(!pte_present(pte) || pte_pfn(pte) < SIM_FRAMES);
    sim_choice_here(STEP_PTE, kernel_entry(va), CHOICE_WRITES);
    *kernel_entry(va) = pte.v;
    memory_map_window(va, pte_present(pte), pte_writable(pte), pte_pfn(pte));
}

pte_t kernel_pte_get(vaddr_t va)
{
    return (pte_t){READ_ONCE(*kernel_entry(va))};
}

/* What the boot code of the machine prepares: the kernel's directory and all tables of its window. */
void pgtable_boot(void)
{
    u32 *dir = memory_word(SIM_KERNEL_DIR);

    for (vaddr_t va = KWINDOW_BASE; va < FIXED_END; va += PDE_SIZE)
        dir[pde_index(va)] =
            (SIM_KERNEL_TABLES + (pde_index(va) - pde_index(KWINDOW_BASE)) * PAGE_SIZE) | PTE_P | PTE_W;
    dir[MIRROR_PDE] = SIM_KERNEL_DIR | PTE_P | PTE_W;
    kernel_space = (struct space){.root = SIM_KERNEL_DIR, .dir = (pde_t *)dir};
}
