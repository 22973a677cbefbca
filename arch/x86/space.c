/* Address spaces as the processor knows them: a directory, and the CPUs that may hold translations of it. */
#include "arch/cpu.h"
#include "arch/pgtable.h"
#include "arch/x86/pdesync.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "diag/race.h"
#include "diag/trace.h"
#include "lib/string.h"
#include "sched/task.h"

void space_init(struct space *space, paddr_t root)
{
    assert(root % PAGE_SIZE == 0 && root < DIRECT_SIZE);
    space->root = root;
    space->dir = phys_to_direct(root);
    space->cpus = (struct cpumask){{0}};
    atomic_set(&space->flush_gen, 0);
    pdesync_space_begin(space);
    if (mutant(R52)) /* a directory that was made before the window's later tables, and never told of them */
        memset(&space->dir[pde_index(KWINDOW_BASE) + 2], 0,
               (pde_index(KWINDOW_END - KWINDOW_BASE) - 2) * sizeof(pde_t));
    space->dir[MIRROR_PDE] = pde_make_table(root >> PAGE_SHIFT, false);
}

void space_exit(struct space *space)
{
    assert(cpumask_empty(&space->cpus) || mutant(R44));
    pdesync_space_end(space);
    if (!mutant(R44))
        memset(&space->dir[pde_index(USER_END)], 0, (PTES - pde_index(USER_END)) * sizeof(pde_t));
}

/*
 * S44: a store past pde_install() into the mirror's entry shows at the next switch. The task that has just
 * run in the space is the one to ask; it is still the current one here, or the one that the report calls so
 * on another CPU.
 */
static inline void check_mirror(const struct space *space)
{
    u32 entry = space->dir[MIRROR_PDE].v;

    if (unlikely((entry & PAGE_MASK) != space->root || (entry & (PTE_P | PTE_W | PTE_U)) != (PTE_P | PTE_W)))
        panic(
            "the mirror's page-directory entry was overwritten: %#x in directory %#x, while task %d (%s) ran",
            entry, space->root, current_task()->pid, current_task()->comm);
}

/*
 * R45. A shootdown writes the PTE, then reads the mask; we set our bit, then load CR3 and begin to walk. The
 * locked bit operation orders the two on our side: either the shootdown sees our bit and waits for us, or our
 * walks see its PTE. The mutant loads first: a translation read in the window is flushed by nobody.
 *
 * Interrupts are off from the look at loaded_space to the last touch of the former space: a borrowed one
 * (lazy TLB) is kept alive by its bit in the mask alone, and goes as soon as a cross-call finds it loaded
 * nowhere.
 */
void space_load(struct space *space)
{
    irqflags_t flags = irq_save();
    struct cpu_local *cpu = cpu_local();
    struct space *former = cpu->loaded_space;

    assert(preempt_count() != 0 || !(flags & EFLAGS_IF));
    if (former != space) {
        check_mirror(former);
        check_mirror(space);
        if (!mutant(R45))
            cpumask_set(&space->cpus, cpu->id);
        pdesync_before_load(space, __builtin_frame_address(0));
        /* Whoever asked for a flush before this line has changed its entries before: the load makes it. */
        u32 asked = (u32)atomic_read_acquire(&space->flush_gen);
        cr3_write(space->root);
        store_release(&space->flushed[cpu->id], asked);
        trace_point(tlb_flush, FLUSH_TASK_SWITCH, TRACE_ALL_PAGES);
        cpu->loaded_space = space;
        /* No translation of the former space is left here but the global ones, which it does not own. */
        cpumask_clear(&former->cpus, cpu->id);
        race_point(R45); /* a shootdown that reads the mask now must find this CPU, and wait for it */
        if (mutant(R45))
            cpumask_set(&space->cpus, cpu->id);
    }
    irq_restore(flags);
}
