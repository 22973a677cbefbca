/* refuse: exclusively */
/* Reader's rights where writer's are needed: stack growth under the read side (R13). */
#include "mm/space/mm.h"

void planted_changes_tree(struct mm *mm) must_hold(&mm->mmap_lock);
void planted_read_for_write(struct mm *mm);

void planted_read_for_write(struct mm *mm)
{
    rwsem_read_lock(&mm->mmap_lock);
    planted_changes_tree(mm);
    rwsem_read_unlock(&mm->mmap_lock);
}
