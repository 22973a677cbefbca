/*
 * Changing a region that faults may be using without mmap_lock (faultlock=vma, seq).
 *
 *     writer (mmap_lock exclusive)                  fault
 *     vma_change_begin: seq odd, mm->changes moves
 *       vma: and no fault is inside any more        vma: cannot enter; seq: its recheck fails
 *     ... fields, tree, entries under PT locks ...
 *     vma_change_end: a seq that was never used     begins anew, and finds what is there now
 *
 * The order that everything hangs on: mark first, then touch entries. A fault installs under the lock of the
 * page table, after its recheck there. If it had that lock before the writer, the writer finds the entry and
 * treats it like any other; if after, the writer's mark came before the writer's own hold of that lock, so
 * the recheck sees it. A writer that forgets one region lets a fault into the middle of its work (R15).
 *
 * Sequences come from one counter of the address space: of two versions of its regions no two have the same,
 * so a region freed and born again as another is not mistaken for itself (R12). 2^31 changes while one fault
 * sleeps would be needed.
 *
 * The order of locks (R14): mmap_lock, then regions. A fault that is inside a region never waits for
 * mmap_lock: it leaves, and comes again with mmap_lock shared (fault.careful).
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/fault/faultlock.h"
#include "mm/space/mm_private.h"
#include "sync/waitqueue.h"

#define WRITER 0x40000000 /* in vma->users, beside the number of faults inside */

static u32 fresh_sequence(struct mm *mm)
{
    u32 sequence = mm->changes + 2;

    store_release(&mm->changes, sequence);
    return sequence;
}

void vma_change_begin(struct mm *mm, struct vma *vma)
{
    assert(vma->mm == mm);
    rwsem_assert_write(&mm->mmap_lock);
    if (vma_is_changing(vma) || mutant(R15))
        return;
    WRITE_ONCE(vma->seq, vma->seq | 1);
    (void)fresh_sequence(mm);
    if (faultlock.enters_regions) {
        atomic_add(&vma->users, WRITER); /* a full barrier: no fault enters from here on */
        wait_event(&mm->region_wait, atomic_read_acquire(&vma->users) == WRITER);
    }
}

void vma_change_end(struct mm *mm, struct vma *vma)
{
    rwsem_assert_write(&mm->mmap_lock);
    assert(vma_is_changing(vma) || mutant(R15));
    store_release(&vma->seq, fresh_sequence(mm)); /* after all that it stands for */
    if (atomic_read(&vma->users) & WRITER)
        atomic_add(&vma->users, -WRITER);
}

bool vma_try_enter(struct vma *vma)
{
    int users = atomic_read(&vma->users);

    while (!(users & WRITER)) {
        if (atomic_cmpxchg(&vma->users, users, users + 1))
            return true;
        users = atomic_read(&vma->users);
    }
    return false;
}

void vma_leave(struct vma *vma)
{
    struct mm *mm = vma->mm;
    int users = atomic_dec(&vma->users);

    assert(users >= 0);
    if (users ==
        WRITER) /* the writer may free the region from here on; the address space stays: we run in it */
        wake_all(&mm->region_wait);
}
