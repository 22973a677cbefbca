/*
 * The rights oracle: see rights.h. A debt is made where an entry changes while some TLB holds what it said
 * before; most changes make none, so that the list stays short. It is looked at when its debtor's operation
 * ends.
 */
#include "arch/sim/rights.h"
#include "arch/sim/broken.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "sched/task.h"
#include "sync/rwsem.h"

#define DEBTS_MAX 4096u

static struct debt {
    const struct task *debtor;
    paddr_t at; /* the entry */
    u32 old, step;
} debts[DEBTS_MAX];
static u32 debt_n;

/* What the TLB entry grants and the page-table entry does not. */
static bool grants_more(const struct tlb_entry *e, u32 pte)
{
    return !(pte & PTE_P) || e->pfn != pte >> PAGE_SHIFT || ((e->flags & PTE_W) && !(pte & PTE_W));
}

static const struct tlb_entry *stale_in(u32 cpu, paddr_t at, u32 pte)
{
    for (u32 i = 0; i < mmus[cpu].tlb_used; i++) {
        const struct tlb_entry *e = &mmus[cpu].tlb[i];
        if (e->valid && e->at == at && grants_more(e, pte))
            return e;
    }
    return NULL;
}

static bool stale_anywhere(paddr_t at, u32 pte)
{
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if (stale_in(cpu, at, pte))
            return true;
    return false;
}

void rights_entry_changed(const u32 *word, u32 old, u32 new)
{
    paddr_t at = direct_to_phys(word);

    if (!(old & PTE_P) || !stale_anywhere(at, new))
        return;
    if (debt_n == DEBTS_MAX)
        sim_fail("%u entries wait for a flush: the rights oracle has no room for more", debt_n);
    debts[debt_n++] = (struct debt){current_task(), at, old, machine_step()};
}

static const char *what_was_taken(u32 old, u32 now)
{
    if (!(now & PTE_P))
        return "unmapped";
    return old >> PAGE_SHIFT != now >> PAGE_SHIFT ? "given another frame" : "made read-only";
}

static void collect(const struct debt *debt)
{
    u32 now = *memory_word(debt->at);
    const struct tlb_entry *e;

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if ((e = stale_in(cpu, debt->at, now)))
            sim_fail(
                "missing flush: %#x was %s at step %u and the operation has ended (task %d, CPU %u), but CPU %u "
                "still has its %sable translation to frame %#x (loaded at step %u)",
                e->page << PAGE_SHIFT, what_was_taken(debt->old, now), debt->step,
                debt->debtor ? debt->debtor->pid : 0, cpu_id(), cpu, e->flags & PTE_W ? "writ" : "read",
                e->pfn, e->step);
}

void rights_operation_ends(void)
{
    u32 kept = 0, n = debt_n;

    if (is_blind(BLIND_RIGHTS))
        return;
    for (u32 i = 0; i < n; i++) {
        if (debts[i].debtor == current_task())
            collect(&debts[i]);
        else
            debts[kept++] = debts[i];
    }
    debt_n = kept;
}

/* ---- where operations end: the linker sends these through here (--wrap) ---- */

in_registers void __real_rwsem_read_unlock(struct rwsem *s);
in_registers void __real_rwsem_write_unlock(struct rwsem *s);
in_registers void __wrap_rwsem_read_unlock(struct rwsem *s);
in_registers void __wrap_rwsem_write_unlock(struct rwsem *s);

static void unlocks(const struct rwsem *s)
{
    if (s->class->rank == RANK_MMAP)
        rights_operation_ends();
}

in_registers void __wrap_rwsem_read_unlock(struct rwsem *s)
{
    unlocks(s);
    __real_rwsem_read_unlock(s);
}

in_registers void __wrap_rwsem_write_unlock(struct rwsem *s)
{
    unlocks(s);
    __real_rwsem_write_unlock(s);
}
