/* accept */
/* What the planted mistakes should have been. */
#include "mm/space/mm.h"

void planted_tree_change(struct mm *mm) must_hold(&mm->mmap_lock);
int planted_correct(struct mm *mm, int wanted);

int planted_correct(struct mm *mm, int wanted)
{
    if (rwsem_write_lock_killable(&mm->mmap_lock) != 0)
        return -1;
    if (wanted)
        planted_tree_change(mm);
    rwsem_write_unlock(&mm->mmap_lock);
    return 0;
}
