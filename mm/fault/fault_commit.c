/* The second half of shape A: lock, recheck, install. And the protocols' windows, for the test image. */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

static inline bool still_valid(const struct fault *f)
{
    return !faultlock->still_valid || faultlock->still_valid(f);
}

inline bool fault_relock(struct fault *f, enum race_id forgiven)
{
    trace_fault_phase(f->number, relock, f->address, 0);
    if (!fault_is_lockfree(f)) {
        pt_lock_known(f->table);
    } else {
        f->slot = pt_lock_if_same(f->mm, f->address, f->table);
        if (unlikely(!f->slot)) {
            f->stale = true; /* the table has left the directory */
            return false;
        }
    }
    if (likely(pte_same(pte_read(f->slot), f->seen_pte) && still_valid(f)) || mutant(forgiven)) {
        trace_fault_phase(f->number, recheck_won, f->address, 0);
        return true;
    }
    count_event(recheck_lost_pte);
    f->stale = !still_valid(f);
    pt_unlock(f->table);
    trace_fault_phase(f->number, recheck_lost, f->address, 0);
    return false;
}

inline bool fault_relock_file(struct fault *f, const struct page *page, u32 index)
{
    race_point(R40); /* the file may be truncated, and whoever does it find nothing to unmap here */
    if (!fault_relock(f, R01))
        return false;
    if (likely(page_mapping(page) == f->vma->mapping && index < mapping_pages(f->vma->mapping)) ||
        mutant(R40))
        return true;
    count_event(recheck_lost_cache);
    fault_unlock(f);
    return false;
}

void fault_unlock(struct fault *f)
{
    pt_unlock(f->table);
}

inline void fault_install(struct fault *f, struct page *page, pte_t entry)
{
    bool counted = !page_is_zero(page); /* the zero page is everybody's: not counted, not charged (R56) */

    assert(pte_present(entry));
    if (counted)
        page_map_inc(page);
    page_pt_account(f->table, 1, counted);
    entry_install(f->table, f->slot,
                  entry); /* a release store: the page's contents are complete before it can be seen (R04) */
    trace_fault_phase(f->number, install, f->address, 0);
}

#ifdef FL_TEST
lock_implementation void fault_retake_blindly(struct fault *f)
{
    f->careful = faultlock->lock_free;
    if (faultlock == &faultlock_mutex)
        rwsem_write_lock(&f->mm->mmap_lock);
    else
        rwsem_read_lock(&f->mm->mmap_lock);
}

lock_implementation void fault_window(struct fault *f, enum race_id id)
{
    bool open = mutant(id);

    if (open)
        faultlock->leave(f);
    race_point(id);
    if (open)
        fault_retake_blindly(f);
}
#endif
