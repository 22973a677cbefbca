/*
 * Page tables: finding, installing, locking.
 *
 * PDEs are read without a lock: one goes from empty to a table at any time, under page_table_lock, and back
 * only with mmap_lock exclusive. So whoever has mmap_lock in any mode and sees a table may keep it. The
 * directory is read through the direct map and not the mirror: the answer is then the same wherever this task
 * runs, even if it is moved to another CPU between the two halves of an access.
 */
#include "mm/table/pt.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/race.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"
#include "sync/rcu.h"

/*
 * What guards the entries of a table: a lock in the table's own struct page, so that faults in different
 * 4 MiB write no common line; or, for comparison, the one lock of the address space that guards the directory
 * too (Linux until 2.6.15).
 */
enum { PTL_MM, PTL_SPLIT };
static unsigned ptl_word = PTL_SPLIT;
BOOT_CHOICE(ptl, "which lock guards page-table entries: one for all, or one for each table", &ptl_word, "mm",
            "split");

struct page *pt_table(struct mm *mm, vaddr_t addr)
{
    pde_t pde = pte_read(&mm->space.dir[pde_index(addr)]);

    return pte_present(pde) ? page_at(pte_pfn(pde)) : NULL;
}

vaddr_t pt_first(struct mm *mm, vaddr_t addr, vaddr_t end)
{
    if (addr >= end)
        return end;
    for (u32 i = pde_index(addr), last = pde_index(end - 1); i <= last; i++)
        if (pte_present(pte_read(&mm->space.dir[i])))
            return MAX(addr, i << PDE_SHIFT);
    return end;
}

/* True when `fresh` is the table now; false: another was first. */
static bool pt_install(struct mm *mm, vaddr_t addr, struct page *fresh)
{
    bool first;

    spin_lock(&mm->page_table_lock);
    first =
        !pt_table(mm, addr) || mutant(R02); /* another CPU may have installed one while we allocated (R02) */
    if (first) {
        pde_install(&mm->space, addr, pde_make_table(page_pfn(fresh), true));
        mm->pt_count++;
        page_tables_add(&mm->tables, fresh);
        count_event(pt_alloc);
    } else {
        count_event(recheck_lost_pt);
    }
    spin_unlock(&mm->page_table_lock);
    return first;
}

int pt_ensure(struct mm *mm, vaddr_t addr)
{
    struct page *fresh;

    assert(vaddr_is_user(addr));
    if (pt_table(mm, addr))
        return 0;
    fresh = page_alloc(GFP_KERNEL | GFP_ZERO);
    if (!fresh)
        return -ENOMEM;
    page_become_table(fresh, mm, addr & ~(PDE_SIZE - 1), ptl_word == PTL_MM ? &mm->page_table_lock : NULL);
    race_point(R02); /* the directory entry was empty; another CPU may fill it while we stand here */
    if (!pt_install(mm, addr, fresh))
        page_put_zeroed(fresh);
    return 0;
}

pte_t *pt_slot_known(struct mm *mm, vaddr_t addr)
{
    return pte_slot_lasting(&mm->space, addr);
}

pte_t pt_peek(struct mm *mm, vaddr_t addr)
{
    return pt_table(mm, addr) ? pte_read(pt_slot_known(mm, addr)) : ENTRY_EMPTY;
}

void pt_lock_known(struct page *table)
{
    spin_lock(page_ptl(table));
}

void pt_unlock_known(struct page *table)
{
    spin_unlock(page_ptl(table));
}

pte_t *pt_lock(struct mm *mm, vaddr_t addr, struct page **table)
{
    *table = pt_table(mm, addr);
    if (!*table)
        return NULL;
    pt_lock_known(*table);
    return pte_slot(&mm->space, addr);
}

lock_implementation void pt_lock_pair(struct mm *first, struct mm *second, vaddr_t addr, struct pt_pair *pair)
{
    for (u32 i = 0; i < 2; i++) {
        pair->table[i] = pt_table(i ? second : first, addr);
        assert(pair->table[i]);
    }
    spin_lock(page_ptl(pair->table[0]));
    spin_lock_nested(page_ptl(pair->table[1]));
    pair->slot[0] = pte_slot(&first->space, addr);
    pair->slot[1] = pte_slot(&second->space, addr);
}

lock_implementation void pt_unlock_pair(struct pt_pair *pair)
{
    pte_slot_close(page_pfn(pair->table[0])); /* before any lock goes */
    pt_unlock(pair->table[1]);
    pt_unlock(pair->table[0]);
}

/*
 * A walker without mmap_lock. The table may have left the directory, its frame be anything by now: so the
 * directory is asked first, with preemption off, and what it names cannot be freed before preemption is on
 * again (gather.c waits for a grace period). It is asked again under the lock, for a table leaves only under
 * that lock, empty.
 */
pte_t *pt_lock_if_same(struct mm *mm, vaddr_t addr, struct page *table)
{
    pte_t *slot = NULL;

    rcu_read_lock();
    if (pt_table(mm, addr) == table) {
        spin_lock(page_ptl(table));
        if (pt_table(mm, addr) == table)
            slot = pt_slot_known(mm, addr);
        else
            spin_unlock(page_ptl(table));
    }
    rcu_read_unlock();
    return slot;
}

pte_t pt_peek_lockfree(struct mm *mm, vaddr_t addr, struct page *table, bool *seen)
{
    pte_t entry;

    assert(preempt_count());
    /* Not through the mirror: its address may lose its translation at any moment. */
    entry = pte_read(pte_slot_in(page_pfn(table), addr));
    *seen = pt_table(mm, addr) == table; /* read before the frame could become anything else */
    return entry;
}

void pt_unlock(struct page *table)
{
    pte_slot_close(page_pfn(table)); /* while preemption is off */
    spin_unlock(page_ptl(table));
}

/* Both locks are held: a fault without mmap_lock, of another region in these 4 MiB, may just have got in, and
 * then the table stays. */
static bool pt_leave_directory(struct mm *mm, vaddr_t addr, struct page *table)
{
    if (page_pt_entries(table))
        return false;
    pde_clear(&mm->space, addr);
    page_leave_table(table);
    page_tables_remove(table);
    assert(mm->pt_count > 0);
    mm->pt_count--;
    count_event(pt_free);
    return true;
}

/* Takes the table for addr out of the directory if it holds no entry. True when the gather is full. */
static lock_implementation bool pt_free_one(struct mm *mm, vaddr_t addr, struct gather *gather)
    must_hold(&mm->mmap_lock)
{
    struct page *table = pt_table(mm, addr);
    bool left;

    if (page_pt_entries(table)) /* a hint: asked again under both locks */
        return false;
    spin_lock(&mm->page_table_lock);
    if (ptl_word == PTL_SPLIT)
        spin_lock(page_ptl(table));
    left = pt_leave_directory(mm, addr, table);
    if (ptl_word == PTL_SPLIT)
        spin_unlock(page_ptl(table));
    spin_unlock(&mm->page_table_lock);
    return left && gather_add_table(gather, addr, table);
}

void pt_free_empty(struct mm *mm, vaddr_t start, vaddr_t end, struct gather *gather)
{
    rwsem_assert_write(&mm->mmap_lock);
    assert(end <= USER_END);
    for (vaddr_t addr = pt_first(mm, start, end); addr < end; addr = pt_first(mm, pt_stop(addr, end), end))
        if (pt_free_one(mm, addr, gather))
            gather_flush(gather);
}

u32 mm_resident(struct mm *mm)
{
    spin_lock(&mm->page_table_lock);
    u32 pages = page_tables_resident(&mm->tables);
    spin_unlock(&mm->page_table_lock);
    return pages;
}

u32 mm_resident_estimate(const struct mm *mm)
{
    u32 pages = 0;

    for (vaddr_t addr = 0; addr < USER_END; addr += PDE_SIZE) {
        pde_t pde = pte_read(&mm->space.dir[pde_index(addr)]);
        if (pte_present(pde))
            pages += MIN(page_pt_resident(page_at(pte_pfn(pde))), PTES); /* it may be no table any more */
    }
    return pages;
}
