/* Regions of an address space: the tree's nodes and their operations. All (m). */
#pragma once
#include "mm/mapping.h"
#include "mm/mm.h"

struct vma {
    struct rbnode node;
    vaddr_t start, end;      /* (m) page aligned, end exclusive */
    u32 flags;               /* (m) VM_* */
    u32 pgoff;               /* (m) index of the page at start, in the file or (anonymous) start >> 12 at creation */
    struct mapping *mapping; /* (c) NULL: anonymous */
    struct mm *mm;           /* (c) */
    u32 seq;                 /* (m) bumped at each change: fault protocols compare it */
    const char *name;        /* (c) */
};

/* The region that contains addr, or NULL. */
struct vma *vma_find(struct mm *mm, vaddr_t addr) must_hold_shared(&mm->mmap_lock);
/* The first region that ends above addr, or NULL. */
struct vma *vma_find_above(struct mm *mm, vaddr_t addr) must_hold_shared(&mm->mmap_lock);
struct vma *vma_next(const struct vma *vma);
struct vma *vma_prev(const struct vma *vma);
struct vma *vma_alloc(struct mm *mm);
void vma_free(struct vma *vma); /* puts its mapping */
void vma_insert(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
void vma_remove(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* Splits at addr (inside, page aligned): vma keeps the lower part; 0 or -ENOMEM with nothing changed. */
int vma_split(struct mm *mm, struct vma *vma, vaddr_t addr) must_hold(&mm->mmap_lock);
/* Joins it with equal neighbours; returns the region that now covers it. */
struct vma *vma_merge(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
/* A hole of `length` below mmap_top, highest first, or 0. */
vaddr_t vma_find_hole(struct mm *mm, u32 length, vaddr_t hint) must_hold_shared(&mm->mmap_lock);
static inline u32 vma_index(const struct vma *vma, vaddr_t addr) { return vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT); }
