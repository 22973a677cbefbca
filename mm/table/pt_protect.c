/* mprotect's work on the entries: rights are taken away now and given back lazily, by the next fault. */
#include "diag/assert.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* Returns true when the processor could do more through the entry before than now. */
static bool protect_entry(pte_t *slot, u32 vm_flags)
{
    pte_t now = pte_read(slot);

    if (pte_empty(now))
        return false;
    if (!vma_accessible(vm_flags)) {
        if (entry_hidden(now))
            return false;
        while (!pte_cmpxchg(slot, now, entry_hide(now)))
            now = pte_read(slot); /* the walker set A or D meanwhile: keep it */
        return true;
    }
    if (entry_hidden(now)) {
        pte_xchg(slot, entry_unhide(now));
        return false;
    }
    if ((vm_flags & VM_WRITE) || !pte_writable(now))
        return false;
    entry_revoke_write(slot);
    return true;
}

static bool protect_table(struct mm *mm, vaddr_t addr, vaddr_t end, u32 vm_flags)
{
    struct page *table;
    bool revoked = false;
    pte_t *slot = pt_lock(mm, addr, &table);

    if (!slot)
        return false;
    for (; addr < end; addr += PAGE_SIZE, slot++)
        revoked |= protect_entry(slot, vm_flags);
    pt_unlock(table);
    return revoked;
}

bool pt_protect(struct mm *mm, vaddr_t start, vaddr_t end, u32 vm_flags)
{
    bool revoked = false;

    rwsem_assert_write(&mm->mmap_lock);
    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    for (vaddr_t addr = start, stop; addr < end; addr = stop) {
        stop = pt_stop(addr, end);
        revoked |= protect_table(mm, addr, stop, vm_flags);
    }
    return revoked;
}
