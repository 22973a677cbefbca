/* Regions of an address space: the tree's nodes and their operations. All (m). */
#pragma once
#include "mm/file/mapping.h"
#include "mm/space/mm.h"
#include "sync/rcu.h"

struct vma {
    struct rbnode node;
    vaddr_t start, end; /* (m) page aligned, end exclusive */
    u32 flags;          /* (m) VM_* */
    u32 pgoff; /* (m) index of the page at start, in the file or (anonymous) start >> 12 at creation */
    struct mapping *mapping; /* (c) NULL: anonymous */
    struct mm *mm;           /* (c) */
    u32 seq;                 /* (m) odd while it is changed and after it has left the tree; else a number
                              * that no other version of a region of this space ever had */
    atomic_t users;          /* (a) faultlock=vma: faults inside, and the writer's mark (vma_change.c) */
    /* Set once, never cleared, under any mode of (m): a page of its own may be mapped here, so fork must copy
     * its page tables; else the child's faults find everything in the file. */
    u32 has_private;
    struct userfault *userfault; /* (m) whom VM_USERFAULT asks for its missing pages; no reference */
    struct list mapped;          /* the mapping's lock: among the regions of its file */
    u32 visited;                 /* ... and the last walk along them that was here */
    const char *name;            /* (c) */
    struct rcu_head rcu;         /* its last grace period */
};

#define VMA_LIMIT 65530u /* regions of one address space: more are refused with ENOMEM */
/* Below a VM_GROWSDOWN region nothing is placed, and into it nothing grows. */
#define STACK_GUARD 0x00100000u
#define PLACE_MIN   0x00010000u /* the lowest address that a search for a hole returns */

/* The region that contains addr, or NULL. */
struct vma *vma_find(struct mm *mm, vaddr_t addr) must_hold_shared(&mm->mmap_lock);
/* The first region that ends above addr, or NULL. */
struct vma *vma_find_above(struct mm *mm, vaddr_t addr) must_hold_shared(&mm->mmap_lock);
/* Its neighbours in the tree, or NULL; mmap_lock held in any mode. */
struct vma *vma_next(const struct vma *vma);
struct vma *vma_prev(const struct vma *vma);
/* A region of mm that is in no tree yet, all fields zero but mm; NULL when no memory. Sleeps. */
struct vma *vma_alloc(struct mm *mm);
/* The same with the fields of `from` and a reference of its own to the file; but not registered with a
 * userfaultfd. */
struct vma *vma_clone(const struct vma *from, struct mm *mm);
/* Puts its mapping, and gives the memory back; both after a grace period where faults take no lock. */
void vma_free(struct vma *vma);
/* Into the tree, where nothing may overlap it. */
void vma_insert(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* The same for one that lies above all others, `last` being the uppermost of them (NULL: there is none). */
void vma_append(struct mm *mm, struct vma *last, struct vma *vma) must_hold(&mm->mmap_lock);
/* Out of it, marked as changing for good: the caller frees it. */
void vma_remove(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* Joins it with equal neighbours; returns the region that now covers it. */
struct vma *vma_merge(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* A hole of `length` below mmap_top, highest first, or 0. */
vaddr_t vma_find_hole(struct mm *mm, u32 length, vaddr_t hint) must_hold_shared(&mm->mmap_lock);
/* Where [start, end) has its first hole; `end` when all of it is mapped. */
vaddr_t vma_first_hole(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock);
/* True when nothing lies in [start, end), guard gaps included. */
bool vma_range_is_free(struct mm *mm, vaddr_t start, vaddr_t end) must_hold_shared(&mm->mmap_lock);
/* Whatever is done to a region in the tree, or to the entries of its range beyond what the shared lock
 * allows, is done between these two: faults may be using it without mmap_lock (vma_change.c). Begin waits for
 * those inside (sleeps); twice is once. A region that leaves the tree is never let in again. */
void vma_change_begin(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
void vma_change_end(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
static inline bool vma_is_changing(const struct vma *vma)
{
    return READ_ONCE(vma->seq) & 1;
}
/* ---- faults without mmap_lock; preemption off until the region is entered or copied ---- */
/* A region that held addr at some moment of the call, or NULL: that says nothing (vma_walk.c). */
struct vma *vma_find_lockfree(struct mm *mm, vaddr_t addr);
/* False while it is being changed, and for good when it left the tree. Never waits. */
must_check bool vma_try_enter(struct vma *vma);
void vma_leave(struct vma *vma);
static inline u32 vma_pages(const struct vma *vma)
{
    return (vma->end - vma->start) >> PAGE_SHIFT;
}
static inline bool vma_accessible(u32 flags)
{
    return flags & (VM_READ | VM_WRITE | VM_EXEC);
}
/* Where the space that belongs to it begins: for a stack, its guard gap below. */
static inline vaddr_t vma_guarded_start(const struct vma *vma)
{
    if (!(vma->flags & VM_GROWSDOWN))
        return vma->start;
    return vma->start > STACK_GUARD ? vma->start - STACK_GUARD : 0;
}
static inline u32 vma_index(const struct vma *vma, vaddr_t addr)
{
    return vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
}
