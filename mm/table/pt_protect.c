/* mprotect's and msync's work on the entries: rights are taken away now and given back lazily, by the next
 * fault. */
#include "diag/assert.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* Returns true when the processor could do more through the entry before than now. */
static bool protect_entry(struct page *table, pte_t *slot, u32 vm_flags) must_hold(page_ptl(table))
{
    pte_t now = pte_read(slot);

    if (pte_empty(now))
        return false;
    if (!vma_accessible(vm_flags)) {
        if (entry_hidden(now))
            return false;
        race_point(R46); /* the walker may set A or D, whatever lock we hold */
        while (!entry_replace(table, slot, mutant(R46) ? pte_read(slot) : now, entry_hide(now)))
            now = pte_read(slot); /* the walker set A or D meanwhile: keep it */
        return true;
    }
    if (entry_hidden(now)) {
        while (!entry_replace(table, slot, now, entry_unhide(now)))
            bug("the walker changed an entry that is not present");
        return false;
    }
    if ((vm_flags & VM_WRITE) || !pte_writable(now))
        return false;
    entry_revoke_write(table, slot);
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
        revoked |= protect_entry(table, slot, vm_flags);
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

/* Returns true when the processor could write through the entry. */
static bool clean_entry(struct page *table, pte_t *slot) must_hold(page_ptl(table))
{
    pte_t now = pte_read(slot);

    while (pte_present(now) && (pte_writable(now) || pte_dirty(now))) {
        if (entry_replace(table, slot, now, pte_clean(pte_without_write(now))))
            return pte_writable(now);
        now = pte_read(slot); /* the walker set A or D meanwhile: keep the one, clear the other */
    }
    return false;
}

static bool clean_table(struct mm *mm, vaddr_t addr, vaddr_t end)
{
    struct page *table;
    bool revoked = false;
    pte_t *slot = pt_lock(mm, addr, &table);

    if (!slot)
        return false;
    for (; addr < end; addr += PAGE_SIZE, slot++)
        revoked |= clean_entry(table, slot);
    pt_unlock(table);
    return revoked;
}

bool pt_clean(struct mm *mm, vaddr_t start, vaddr_t end)
{
    bool revoked = false;

    assert(end <= USER_END && !((start | end) & ~PAGE_MASK));
    for (vaddr_t addr = start, stop; addr < end; addr = stop) {
        stop = pt_stop(addr, end);
        revoked |= clean_table(mm, addr, stop);
    }
    return revoked;
}
