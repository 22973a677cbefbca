/*
 * Fault locking protocols: how a fault knows, from look-up to install, that the region is still valid. Chosen
 * at boot (faultlock=); one small file each. The handler is the same for all.
 */
#pragma once
#include "mm/fault/fault.h"

/* As a lock: held while the region that it found is stable, as the protocol in force understands it. */
struct lock_type("stable region") fault
{
    struct mm *mm;
    vaddr_t address;   /* page aligned */
    u32 access;        /* ACCESS_* */
    struct vma *vma;   /* valid while the protocol says so */
    struct vma region; /* seq: what the region said at look-up; vma points to it */
    u32 seen_seq;      /* seq: the region's sequence at look-up */
    u32 seen_changes;  /* seq: mm->changes before the look-up */
    bool careful;      /* lock-free protocols: this attempt holds mmap_lock shared after all */
    bool stale;        /* ... and so must the next one: this one met what cannot be done without */
    pte_t seen_pte;    /* the entry at look-up; compared first after the retake */
    pte_t *slot;       /* the entry, valid while its page table is; lock-free protocols: from the relock on */
    struct page *table;   /* the page-table frame that holds slot */
    struct page *pending; /* shape B: the page to wait for, referenced; the wait happens with nothing held */
    struct mapping *pending_file; /* shape B: the file to read page pending_index of, held open */
    u32 pending_index;
    struct userfault *pending_userfault; /* shape B: whom to ask for the page, referenced */
    u32 seen_answers; /* what had been answered before the page was looked for (mm/fault/userfault.c) */
};

struct faultlock {
    const char *name;
    /* Finds the region for fault->address and makes it stable: FAULT_DONE, with vma set. Or
     * FAULT_NO_REGION or FAULT_KILLED, with nothing held. Sleeps. */
    enum fault_result (*enter)(struct fault *fault);
    /* Preemption off, and for a commit under the PT lock: is what enter found still so? NULL: always, until
     * leave. */
    bool (*still_valid)(const struct fault *fault);
    /* Gives up what enter took. */
    void (*leave)(struct fault *fault);
    /* Whether reads may be waited for with the region held (rwsem, mutex) or must be returned upward
     * (retry...). */
    bool holds_through_io;
    /* What enter and leave do is region_enter_shared() and region_leave_shared(): called directly. */
    bool shares_mmap_lock;
    /* Faults run without mmap_lock: regions and page tables must outlive them by a grace period, and "no
     * region", "no table" are to be confirmed under mmap_lock (fault.careful). */
    bool lock_free;
    bool enters_regions; /* vma: writers wait for the faults inside a region */
    bool copies_region;  /* seq: the case works by a copy, and cannot write to the region */
};
extern const struct faultlock faultlock_mutex, faultlock_rwsem, faultlock_retry, faultlock_vma, faultlock_seq;
/* A copy of the one in force, since a fault asks it often. (c) from mm_init() on */
extern struct faultlock faultlock;
static inline bool faultlock_is(const struct faultlock *one)
{
    return faultlock.name == one->name;
}
/* This attempt holds nothing that keeps the map as it is. */
static inline bool fault_is_lockfree(const struct fault *f)
{
    return faultlock.lock_free && !f->careful;
}
