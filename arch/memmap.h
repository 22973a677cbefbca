/*
 * The address map (notes/memory-map.md draws it). Two-level paging, no PAE: Intel SDM vol. 3A, 4.3.
 * The same numbers hold for both architectures, so every layout and every PTE is the same in the explorer.
 */
#pragma once
#include "lib/types.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096u
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#define PDE_SHIFT  22
#define PDE_SIZE   (1u << PDE_SHIFT)
#define PTES       1024u

#define USER_START   0x00001000u /* page 0 is never mapped */
#define USER_END     0xC0000000u
#define DIRECT_BASE  0xC0000000u /* physical 0.. in 4 MiB global pages */
#define DIRECT_SIZE  0x30000000u /* 768 MiB */
#define KWINDOW_BASE 0xF0000000u /* kernel image, then kvalloc; all page tables exist from boot */
#define KIMAGE_BASE  0xF0100000u /* the image's link address; loaded at physical 1 MiB */
#define KWINDOW_END  0xFF400000u
#define FIXED_BASE   0xFF400000u /* per-CPU kmap slots from the start, arch/'s own pages from the end */
#define FIXED_END    0xFF800000u
#define FOREIGN_PDE  1022u /* second mirror slot: while it is open, another space's directory (row S46) */
#define FOREIGN_BASE 0xFF800000u /* PTE i of that space at FOREIGN_BASE + 4*i */
#define MIRROR_PDE   1023u
#define MIRROR_BASE  0xFFC00000u /* PTE i of the current space at MIRROR_BASE + 4*i */
#define MIRROR_DIR   0xFFFFF000u /* PDE i of the current space at MIRROR_DIR + 4*i */

#define DMA_LIMIT_PFN    (0x01000000u >> PAGE_SHIFT)
#define DIRECT_LIMIT_PFN (DIRECT_SIZE >> PAGE_SHIFT)

static inline bool vaddr_is_user(vaddr_t va)
{
    return va < USER_END;
}
static inline u32 pde_index(vaddr_t va)
{
    return va >> PDE_SHIFT;
}
static inline u32 pte_index(vaddr_t va)
{
    return (va >> PAGE_SHIFT) & (PTES - 1);
}

/* Direct map: valid for physical addresses below DIRECT_SIZE only. */
static inline void *phys_to_direct(paddr_t pa)
{
    return (void *)(uintptr_t)(pa + DIRECT_BASE);
}
static inline paddr_t direct_to_phys(const void *p)
{
    return (paddr_t)(uintptr_t)p - DIRECT_BASE;
}
