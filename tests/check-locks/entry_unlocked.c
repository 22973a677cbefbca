/* refuse: requires holding */
/* An entry is written after its table was unlocked. */
#include "mm/fault/fault_private.h"

void planted_late_entry(struct mm *mm, vaddr_t addr);

void planted_late_entry(struct mm *mm, vaddr_t addr)
{
    struct page *table;
    pte_t *slot = pt_lock(mm, addr, &table);

    if (!slot)
        return;
    pt_unlock(table);
    entry_take(table, slot);
}
