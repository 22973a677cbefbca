/*
 * struct page, for mm/frame*.c and mm/page*.c alone (row S32; the layer check refuses it elsewhere).
 *
 * 64 bytes, one per frame and one cache line each: counting references of one page never disturbs another's.
 * An entry is never freed, so a stale pointer to it may always be looked at (page_get_unless_free).
 *
 * Key: (a) atomic; (c) constant after boot; (z) its zone's lock while free, its owner's while in use;
 *      (i) the mapping's lock; (t) itself, the page-table lock of this frame; (d) the lock of the directory.
 */
#pragma once
#include "lib/rbtree.h"
#include "mm/frame/page.h"
#include "mm/range/range.h"

/* Bits of page->flags. 1 to 6 are enum page_bit. */
#define PG_LOCKED   0
#define PG_WAITERS  8  /* somebody sleeps on the page lock: the unlock must look at the queue */
#define PG_DIRECT   9  /* was claimed: goes straight back to its zone, where the next claim finds it */
#define PG_POISONED 10 /* test image: free, and its first words hold the pattern */
#define PG_ZEROES   11 /* test image: free, and kept as a frame of zeroes */
#define PG_RAM      16 /* (c) is memory at all */
#define PG_ZONE     24 /* (c) two bits: enum zone_id */

struct page {
    atomic_t refs;           /* (a) 0: free */
    u32 flags;               /* (a) */
    atomic_t map_count;      /* (a) PTEs that map it */
    struct mapping *mapping; /* (i) NULL: not in a page cache */
    union {
        struct {
            u32 index;          /* (i) page cache; or the owner's word (page_private) */
            struct rbnode node; /* (i) in mapping->pages */
        };
        struct {
            struct spinlock ptl;       /* guards the PTEs of the page table in this frame, unless ... */
            struct spinlock *pt_guard; /* (c while a table) ... one of the address space does: ptl=mm */
            struct mm *pt_mm;          /* (t) whose table it is; NULL: it has left the directory */
            vaddr_t pt_base;           /* (c while a table) the first address that it translates */
            u16 pt_count;              /* (t) entries that are not empty */
            u16 pt_resident;           /* (t) of them, pages that count as resident */
            struct page *pt_next;      /* (d) the space's next table */
            struct page **pt_link;     /* (d) what points here: the head, or the pt_next before */
        };
        struct range_node extent; /* (z) free, first of its extent */
        struct page *next;        /* (z) free, on its way between caches and zones */
    };
    vaddr_t owner; /* who allocated it last: test image only, for a leak report */
} aligned_to(64);
#define PAGE_STRUCT_SHIFT 6
static_assert(sizeof(struct page) == 1 << PAGE_STRUCT_SHIFT, "one cache line, and page_pfn() is a shift");

extern struct page *page_array;              /* (c) entry i describes frame i */
#define FRAMES_MAX (1u << (32 - PAGE_SHIFT)) /* 4 GiB: without PAE there is no more */
extern u32 page_array_end;                   /* (c) frames in it, holes included */

enum zone_id { ZONE_DMA, ZONE_NORMAL, ZONE_HIGH, ZONES };

static inline enum zone_id page_zone(const struct page *page)
{
    return (enum zone_id)((page->flags >> PG_ZONE) & 3);
}
