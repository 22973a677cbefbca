/* Shared between the files of mm/ that change an address space; nobody else's business. */
#pragma once
#include "diag/counters.h"
#include "lib/errno.h"
#include "mm/space/vma.h"
#include "mm/table/pt.h"
#include "mm/table/shootdown.h"

/* Exact also where preemption is on: the CPU cannot change between finding its counter and adding to it. */
#define count_event_anywhere(name)                                                                           \
    do {                                                                                                     \
        preempt_disable();                                                                                   \
        count_event(name);                                                                                   \
        preempt_enable();                                                                                    \
    } while (0)

/* The range that a call names: start must be page aligned; *end is start + length rounded up to pages. 0;
 * -EINVAL for an unaligned start; -ENOMEM when it leaves the user's half. A length of 0 gives an empty range.
 */
must_check int user_range(vaddr_t start, u32 length, vaddr_t *end);

/* Splits regions so that [start, end) is made of whole ones. 0 or -ENOMEM; a region already split stays so,
 * which changes nothing that anybody can see. */
must_check int vma_isolate(struct mm *mm, vaddr_t start, vaddr_t end) must_hold(&mm->mmap_lock);

/* Gives the regions of [start, end) new flags: (flags & ~clear) | set; splits and joins as needed, and goes
 * on over holes. 0, -ENOMEM (also when there was a hole). */
int vma_set_flags(struct mm *mm, vaddr_t start, vaddr_t end, u32 clear, u32 set) must_hold(&mm->mmap_lock);

/* Removes everything from [start, end), which need not be mapped: entries, frames, tables, regions. All CPUs
 * are flushed on return. 0 or -ENOMEM with nothing changed. Sleeps. */
int munmap_locked(struct mm *mm, vaddr_t start, vaddr_t end) must_hold(&mm->mmap_lock);

/* Whoever is about to take pages out of the space notes first how many there are (mm/space/peak.c): mmap_lock
 * in any mode. Where they only change their place, nothing has to be noted. */
void mm_note_peak(struct mm *mm) must_hold_shared(&mm->mmap_lock);

/* Joins a region that is in no tree yet to the address space: tree, accounts, neighbours. Returns the region
 * that now covers it (the one given may be gone). */
struct vma *vma_adopt(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* The reverse: out of the tree and of the accounts, then freed. */
void vma_discard(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* The same for all regions of a space without users, whose pages are gone. */
void vma_discard_all(struct mm *mm) must_hold(&mm->mmap_lock);
