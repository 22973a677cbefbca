/*
 * See pdesync.h. The list of directories and the entries of the kernel's own are changed under one lock, so
 * that a space that is made while a table is announced gets the entry either from the copy or from the
 * announcement.
 *
 * lazy-fault rests on two things that must never fault: the stack on which the processor would report the
 * fault, and what the first lines of the handler touch. For the first every switch makes sure of the new
 * stack while it stands on the old one; the second is in entries that all directories have from the start.
 */
#include "arch/x86/pdesync.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/race.h"
#include "lib/list.h"
#include "lib/string.h"
#include "sync/spinlock.h"

unsigned pdesync;
static const char *const names[] = {"prealloc", "eager-phys", "eager-cr3", "lazy-fault"};
BOOT_CHOICE(pdesync, "how address spaces learn of new kernel page tables", &pdesync, "prealloc", "eager-phys",
            "eager-cr3", "lazy-fault");

/* The image and what boot puts beside it come before. */
#define FIRST_LATER ((KWINDOW_BASE >> PDE_SHIFT) + 2)
#define LAST_LATER  ((KWINDOW_END >> PDE_SHIFT) - 1)

DEFINE_SPINLOCK(pdesync_lock, LEAF);
static struct list spaces = LIST_INIT(spaces);    /* under the lock; not the kernel's own */
static pde_t later[LAST_LATER - FIRST_LATER + 1]; /* (c) what the entries will be */
static struct pdesync_stats counts;               /* under the lock */

static bool comes_later(u32 pde)
{
    return pde >= FIRST_LATER && pde <= LAST_LATER;
}

void pdesync_init(void)
{
    if (pdesync == PDESYNC_PREALLOC)
        return;
    for (u32 pde = FIRST_LATER; pde <= LAST_LATER; pde++) {
        later[pde - FIRST_LATER] = kernel_space.dir[pde];
        kernel_space.dir[pde] = (pde_t){0};
    }
}

static void copy_kernel_half(struct space *space)
{
    const u32 first = pde_index(DIRECT_BASE);

    memcpy(&space->dir[first], &kernel_space.dir[first], (FOREIGN_PDE - first) * sizeof(pde_t));
}

void pdesync_space_begin(struct space *space)
{
    if (pdesync == PDESYNC_PREALLOC) {
        copy_kernel_half(space); /* constants: no lock */
        return;
    }
    irqflags_t flags = spin_lock_irq_save(&pdesync_lock);
    copy_kernel_half(space);
    list_push_back(&spaces, &space->all);
    spin_unlock_irq_restore(&pdesync_lock, flags);
}

void pdesync_space_end(struct space *space)
{
    if (pdesync == PDESYNC_PREALLOC)
        return;
    irqflags_t flags = spin_lock_irq_save(&pdesync_lock);
    list_remove(&space->all);
    spin_unlock_irq_restore(&pdesync_lock, flags);
}

/* ---- telling the others; with the lock held, interrupts off ---- */

static void write_all_through_direct_map(u32 pde, pde_t entry)
{
    struct space *space;

    list_for_each (space, &spaces, all) {
        space->dir[pde] = entry;
        counts.directories++;
    }
}

/* No CPU mask is touched: nothing but global kernel addresses is used meanwhile, and the last load drops the
 * rest. */
static void write_all_through_mirror(u32 pde, pde_t entry)
{
    struct space *space;
    u32 own = cr3_read();

    list_for_each (space, &spaces, all) {
        cr3_write(space->root);
        pte_install((pde_t *)MIRROR_DIR + pde, entry);
        counts.directories++;
        counts.cr3_loads++;
    }
    cr3_write(own);
    counts.cr3_loads++;
}

void pdesync_ensure_slow(vaddr_t va)
{
    u32 pde = pde_index(va);

    if (!comes_later(pde) || pte_present(pte_read(&kernel_space.dir[pde])))
        return;
    irqflags_t flags = spin_lock_irq_save(&pdesync_lock);
    if (!pte_present(kernel_space.dir[pde])) { /* another CPU may have been first */
        u64 start = cpu_cycles();
        pde_t entry = later[pde - FIRST_LATER];
        counts.entries++;
        if (pdesync == PDESYNC_EAGER_PHYS)
            write_all_through_direct_map(pde, entry);
        if (pdesync == PDESYNC_EAGER_CR3)
            write_all_through_mirror(pde, entry);
        pte_install(&kernel_space.dir[pde],
                    entry); /* last: who sees it here without the lock may rely on all */
        counts.cycles += cpu_cycles() - start;
    }
    spin_unlock_irq_restore(&pdesync_lock, flags);
}

void pdesync_before_load_slow(struct space *space, vaddr_t stack)
{
    /* A stack of two pages may lie across two entries. */
    for (vaddr_t va = stack - KSTACK_SIZE; va <= stack + KSTACK_SIZE; va += KSTACK_SIZE)
        if (comes_later(pde_index(va)) && pte_present(pte_read(&kernel_space.dir[pde_index(va)])))
            pte_install(&space->dir[pde_index(va)], later[pde_index(va) - FIRST_LATER]);
}

/*
 * R54. The processor reports a fault by pushing a frame on the stack; when that push is what faults, the
 * report is a double fault, and nothing brings the entry any more.
 */
void pdesync_before_switch_slow(const void *stack, size_t bytes)
{
    race_point(R54); /* the loaded directory may lack the table of the stack that we are about to stand on */
    if (mutant(R54))
        return;
    (void)READ_ONCE(*(const u32 *)stack);
    (void)READ_ONCE(*(const u32 *)((const char *)stack + bytes - 4));
}

bool pdesync_fault_slow(const struct trap_frame *frame)
{
    u32 pde = pde_index(cr2_read());
    pde_t *dir = phys_to_direct(cr3_read() & PAGE_MASK); /* and not loaded_space: a load may be half done */

    if (frame_from_user(frame) || !comes_later(pde) || !pte_present(pte_read(&kernel_space.dir[pde])) ||
        pte_present(pte_read(&dir[pde])))
        return false;
    u64 start = cpu_cycles();
    pte_install(&dir[pde], later[pde - FIRST_LATER]); /* two CPUs in one space write the same word */
    u64 cycles = cpu_cycles() - start;
    spin_lock(
        &pdesync_lock); /* whoever holds it touches nothing that may be missing, so it is not held here */
    counts.faults++;
    counts.directories++;
    counts.cycles += cycles;
    spin_unlock(&pdesync_lock);
    return true;
}

void pdesync_stats(struct pdesync_stats *stats)
{
    irqflags_t flags = spin_lock_irq_save(&pdesync_lock);
    *stats = counts;
    spin_unlock_irq_restore(&pdesync_lock, flags);
}

const char *pdesync_name(void)
{
    return names[pdesync];
}
