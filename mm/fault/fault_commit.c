/* The second half of shape A: lock, recheck, install. And the protocols' windows, for the test image. */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

static inline bool still_valid(const struct fault *f)
{
    return !faultlock.still_valid || faultlock.still_valid(f);
}

/* Always false. */
static lock_implementation noinline bool relock_lost(struct fault *f) releases(page_ptl(f->table))
{
    count_event(recheck_lost_pte);
    f->stale = !still_valid(f);
    pt_unlock_known(f->table);
    fault_phase(f, recheck_lost, 0);
    return false;
}

/* The table may have left the directory, and the region have changed. */
static lock_implementation noinline bool relock_lockfree(struct fault *f, enum race_id forgiven)
    try_acquires(true, page_ptl(f->table))
{
    f->slot = pt_lock_if_same(f->mm, f->address, f->table);
    f->stale = !f->slot;
    if (unlikely(!f->slot))
        return false;
    if (likely(pte_same(pte_read(f->slot), f->seen_pte) && still_valid(f)) || mutant(forgiven))
        return true;
    return relock_lost(f);
}

/* Inlined into every case: the short way is less than the call would be. */
always_inline bool fault_relock(struct fault *f, enum race_id forgiven)
{
    bool won;

    fault_phase(f, relock, 0);
    if (unlikely(fault_is_lockfree(f))) {
        won = relock_lockfree(f, forgiven);
    } else {
        pt_lock_known(f->table);
        won = likely(pte_same(pte_read(f->slot), f->seen_pte)) || mutant(forgiven) || relock_lost(f);
    }
    if (likely(won))
        fault_phase(f, recheck_won, 0);
    return won;
}

inline bool fault_relock_file(struct fault *f, const struct page *page, u32 index, enum fault_result *result)
{
    struct mapping *mapping;

    *result = FAULT_DONE;
    race_point(R40); /* the file may be truncated, and whoever does it find nothing to unmap here */
    if (!fault_relock(f, R01))
        return false;
    mapping = f->vma->mapping; /* here, and not before: under seq the region may go up to the relock */
    if (likely(index < mapping_pages(mapping)) || mutant(R40)) {
        if (likely(page_mapping(page) == mapping) || mutant(R40))
            return true;
    } else {
        *result = FAULT_PAST_END;
    }
    count_event(recheck_lost_cache);
    fault_unlock(f);
    return false;
}

void fault_unlock(struct fault *f)
{
    pt_unlock_known(f->table);
}

inline void fault_install(struct fault *f, struct page *page, pte_t entry)
{
    bool counted = !page_is_zero(page); /* the zero page is everybody's: not counted, not charged (R56) */

    assert(pte_present(entry));
    if (counted)
        page_map_inc(page);
    page_pt_count(f->table, counted);
    entry_install(f->table, f->slot,
                  entry); /* a release store: the page's contents are complete before it can be seen (R04) */
    fault_phase(f, install, 0);
}

#ifdef FL_TEST
lock_implementation void fault_retake_blindly(struct fault *f)
{
    f->careful = faultlock.lock_free;
    if (faultlock_is(&faultlock_mutex))
        rwsem_write_lock(&f->mm->mmap_lock);
    else
        rwsem_read_lock(&f->mm->mmap_lock);
}

lock_implementation void fault_window(struct fault *f, enum race_id id)
{
    bool open = mutant(id);

    if (open)
        faultlock.leave(f);
    race_point(id);
    if (open)
        fault_retake_blindly(f);
}
#endif
