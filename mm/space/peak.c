/*
 * The most pages that a space ever had: VmHWM, ru_maxrss.
 *
 * A fault adds to the count of its own page table and to nothing else, so nobody sees the sum grow. It need
 * not be seen: as long as no page goes, the newest sum is the highest. So the sum is taken when pages are
 * about to go, and when somebody asks.
 *
 *     munmap, madvise, truncate, reap:  add up the tables, raise the peak to the sum;  then take entries out
 *
 * That is exact, also while other threads fault. The tables are read one after the other, and meanwhile the
 * true sum can only grow, page by page, from what it was at the first to what it is at the last; what was
 * added up lies between the two, so there was a moment T at which the space had exactly so many. The pages
 * that now go are counted until T, and a page that is faulted in after T as one that came when they had gone:
 * each call and each fault takes effect at one moment between its begin and its end, and the peak is the
 * highest sum of that order. (Two that take pages at once both look first; whose pages the other still saw
 * went after that look.)
 *
 * A table cannot leave while it is read: that needs mmap_lock exclusive, or page_table_lock.
 */
#include "mm/space/mm_private.h"

static u32 raise_peak(struct mm *mm, u32 now)
{
    int peak = atomic_read(&mm->peak_resident);

    while ((u32)peak < now && !atomic_cmpxchg(&mm->peak_resident, peak, (int)now))
        peak = atomic_read(&mm->peak_resident);
    return MAX((u32)peak, now);
}

void mm_note_peak(struct mm *mm)
{
    raise_peak(mm, page_tables_resident(&mm->tables));
}

u32 mm_peak_resident(struct mm *mm)
{
    spin_lock(&mm->page_table_lock);
    u32 peak = raise_peak(mm, page_tables_resident(&mm->tables));
    spin_unlock(&mm->page_table_lock);
    return peak;
}
