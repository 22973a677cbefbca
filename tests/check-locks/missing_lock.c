/* refuse: requires holding */
/* A function that needs the region tree held for writing is called with nothing held. */
#include "mm/space/mm.h"

void planted_needs_lock(struct mm *mm) must_hold(&mm->mmap_lock);
void planted_missing_lock(struct mm *mm);

void planted_missing_lock(struct mm *mm)
{
    planted_needs_lock(mm);
}
