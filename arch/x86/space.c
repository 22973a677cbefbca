/* Address spaces as the processor knows them: a directory, and the CPUs that may hold translations of it. */
#include "arch/cpu.h"
#include "arch/pgtable.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "lib/string.h"

#define KERNEL_PDES (DIRECT_BASE >> PDE_SHIFT)

void space_init(struct space *space, paddr_t root)
{
    assert(root % PAGE_SIZE == 0 && root < DIRECT_SIZE);
    space->root = root;
    space->dir = phys_to_direct(root);
    space->cpus = (struct cpumask){{0}};
    memcpy(&space->dir[KERNEL_PDES], &kernel_space.dir[KERNEL_PDES],
           (MIRROR_PDE - KERNEL_PDES) * sizeof(pde_t));
    if (mutant(R52)) /* a directory that was made before the window's later tables, and never told of them */
        memset(&space->dir[pde_index(KWINDOW_BASE) + 2], 0, (pde_index(KWINDOW_END - KWINDOW_BASE) - 2) * sizeof(pde_t));
    space->dir[MIRROR_PDE] = pde_make_table(root >> PAGE_SHIFT, false);
}

/*
 * R45. A shootdown writes the PTE, then reads the mask; we set our bit, then load CR3 and begin to walk. The
 * locked bit operation orders the two on our side: either the shootdown sees our bit and waits for us, or our
 * walks see its PTE. The mutant loads first: a translation read in the window is flushed by nobody.
 *
 * Interrupts are off from the look at loaded_space to the last touch of the former space: a borrowed one (lazy
 * TLB) is kept alive by its bit in the mask alone, and goes as soon as a cross-call finds it loaded nowhere.
 */
void space_load(struct space *space)
{
    irqflags_t flags = irq_save();
    struct cpu_local *cpu = cpu_local();
    struct space *former = cpu->loaded_space;

    assert(preempt_count() != 0 || !(flags & EFLAGS_IF));
    if (former != space) {
        assert((space->dir[MIRROR_PDE].v & PAGE_MASK) == space->root); /* S44: a raw write there would show now */
        if (!mutant(R45))
            cpumask_set(&space->cpus, cpu->id);
        cr3_write(space->root);
        cpu->loaded_space = space;
        /* No translation of the former space is left here but the global ones, which it does not own. */
        cpumask_clear(&former->cpus, cpu->id);
        race_point(R45); /* a shootdown that reads the mask now must find this CPU, and wait for it */
        if (mutant(R45))
            cpumask_set(&space->cpus, cpu->id);
    }
    irq_restore(flags);
}
