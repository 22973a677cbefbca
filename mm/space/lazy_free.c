/*
 * MADV_FREE: the program gives pages up, and they stay where they are until somebody needs memory. A page
 * that was written meanwhile is the program's again (mm/table/pt_lazy.c).
 *
 * Memory is short in the middle of anything: in a fault, in fork, under locks. Taking pages needs mmap_lock
 * of their space, and a flush that a task may not begin while it owes another one. So only a task that holds
 * no sleeping lock looks for them: one whose fault found no frame (mm/fault/oom.c), before a program is
 * killed, or one that allocates with nothing held.
 */
#include "mm/space/lazy_free.h"
#include "mm/frame/reclaim.h"
#include "mm/space/mm_private.h"
#include "sync/held.h"

/* Locked memory stays: mlock(2) came later than madvise. */
static bool may_take(const struct vma *vma)
{
    return !vma->mapping && !(vma->flags & (VM_SHARED | VM_LOCKED));
}

void lazy_free_mark(struct mm *mm, vaddr_t start, vaddr_t end)
{
    WRITE_ONCE(mm->has_lazy,
               1); /* and for good: a page that fork shares may be taken when the child has gone */
    if (pt_make_lazy(mm, start, end))
        shootdown_range(mm, start, end);
}

static void take_from(struct mm *mm) must_hold_shared(&mm->mmap_lock)
{
    struct gather g;

    mm_note_peak(mm);
    gather_begin(&g, mm);
    g.only = GATHER_LAZY;
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma))
        if (may_take(vma))
            pt_zap_pages(mm, vma->start, vma->end, &g);
    gather_end(&g);
}

void lazy_free_reclaim(void)
{
    might_sleep();
    for (struct mm *mm = mm_next_user(NULL); mm; mm = mm_next_user(mm)) {
        /* Never waits for the lock: whoever has it may be waiting for memory. */
        if (READ_ONCE(mm->has_lazy) && rwsem_read_try_lock(&mm->mmap_lock)) {
            take_from(mm);
            rwsem_read_unlock(&mm->mmap_lock);
        }
    }
}

static void give_back(void)
{
    const struct held_locks *held = held_sleeping_here();

    if (held && !held_count(held))
        lazy_free_reclaim();
}

static struct reclaimer lazy_reclaimer = {.name = "lazily freed pages", .give_back = give_back};

init_text void lazy_free_init(void)
{
    reclaim_register(&lazy_reclaimer);
}
