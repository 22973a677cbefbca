/*
 * Frames. struct page is opaque outside mm/frame*.c and mm/page*.c (row S32; mm/frame/page_private.h holds
 * it, and the build refuses that header elsewhere). Counted by references: the frame is free when the last is
 * put.
 *
 * Zones: DMA below 16 MiB, NORMAL the rest of the direct map, HIGH above it (user pages and page cache only).
 */
#pragma once
#include "arch/memmap.h"
#include "sync/spinlock.h"

struct page;
struct mapping;
struct mm;

#define GFP_KERNEL 0u /* directly mapped; may sleep and, later, reclaim */
#define GFP_USER   1u /* HIGH first */
#define GFP_ATOMIC 2u /* never sleeps, may use the reserve */
#define GFP_ZERO   4u /* contents zero */
#define GFP_DMA    8u /* below 16 MiB */

/* One frame with one reference, or NULL. Sleeps unless GFP_ATOMIC. No spinlock held unless GFP_ATOMIC. */
struct page *page_alloc(unsigned gfp);
/* `count` contiguous frames, first aligned to `align` frames (power of two), wholly below frame `below`,
 * crossing no multiple of `boundary` frames (0: any); each with one reference; NULL when there is none (S19,
 * S20). */
struct page *page_alloc_range(u32 count, u32 align, pfn_t below, u32 boundary, unsigned gfp);
/* One reference of each of them; any context. */
void page_put_range(struct page *first, u32 count);
/* Takes this very frame if it is free (S22): exactly one of many callers wins, the others get NULL. Waits
 * for the other CPUs, which may have it cached: no spinlock held. */
struct page *page_claim(pfn_t pfn);

/* One reference more, by who has one already. Any context. */
void page_get(struct page *page);
/* The same by who has none; false: the frame is free. */
must_check bool page_get_unless_free(struct page *page);
/* One less; the last frees the frame. Any context. */
void page_put(struct page *page);
/* The same for a frame whose every word is zero, as a page table's is when it dies: where that frees it, the
 * next who wants a frame of zeroes gets it as it is. */
void page_put_zeroed(struct page *page);
/* How many there are: a hint, unless the caller keeps everybody out who could take one (R06). */
int page_refs(const struct page *page);

pfn_t page_pfn(const struct page *page);
struct page *page_of(pfn_t pfn); /* NULL for a frame that is no RAM */
/* The same where it is known to be: the number comes out of an entry of ours. */
struct page *page_at(pfn_t pfn);
/* Direct-map address; only for frames below DIRECT_LIMIT_PFN (asserted). */
void *page_address(const struct page *page);
/* A kernel address of any frame, through the direct map or a per-CPU slot; preemption stays off until unmap,
 * at most two at once, last in first out. */
void *page_map(struct page *page);
void page_unmap(const void *addr);
/* The whole frame, wherever it lies; any context that may map one or two. */
void page_zero(struct page *page);
void page_copy(struct page *to, struct page *from);

/* The shared page of zeroes: mapped read-only, never counted, never freed (R56). */
extern struct page *zero_page;
extern pfn_t zero_pfn; /* its number */
static inline bool page_is_zero(const struct page *page)
{
    return page == zero_page;
}

/* ---- number of PTEs that map it ---- */
void page_map_inc(struct page *page);
int page_map_dec(struct page *page); /* returns the new count; asserts against underflow (R55) */
int page_map_count(const struct page *page);

/* ---- page lock and state bits ---- */
/* RANK_PAGE; the caller has a reference. Sleeps. */
void page_lock(struct page *page);
must_check int page_lock_killable(struct page *page); /* 0, or -EINTR after a fatal signal */
bool page_try_lock(struct page *page);                /* never sleeps */
/* By the task that locked it, which still has its reference. Wakes all who wait. */
void page_unlock(struct page *page);
/* Sleeps until nobody has it locked; takes nothing (shape B). */
void page_wait_unlocked(struct page *page);
must_check int page_wait_unlocked_killable(struct page *page); /* 0, or -EINTR after a fatal signal */
bool page_is_locked(const struct page *page);
enum page_bit {
    PAGE_UPTODATE = 1,
    PAGE_DIRTY,
    PAGE_ERROR,
    PAGE_ANON,
    PAGE_RESERVED,
    PAGE_REFERENCED,
    PAGE_REMOVED
};
void page_bit_set(struct page *page, enum page_bit bit);
void page_bit_clear(struct page *page, enum page_bit bit);
bool page_bit_test(const struct page *page, enum page_bit bit);

/* ---- identity in the page cache ---- */
struct mapping *page_mapping(const struct page *page);
u32 page_index(const struct page *page);
void page_set_mapping(struct page *page, struct mapping *mapping, u32 index); /* under the mapping's lock */
struct rbnode *page_tree_node(struct page *page); /* intrusive node in its mapping's tree */
struct page *page_of_tree_node(struct rbnode *node);
/* Whether a link that was read with no lock, and may be anything by now, is some page's node: not when it is
 * NULL. That page may then be looked at: an entry of the page array is never freed. */
bool page_has_tree_link(const struct rbnode *link);

/* A word for the owner of a frame that is in no page cache; lost when it is freed. */
u32 page_private(const struct page *page);
void page_set_private(struct page *page, u32 word);

/* ---- a frame that is a page table ---- */
/* Fresh, nobody else's yet: an empty table of mm for the 4 MiB from `base`. `lock` guards its entries; NULL:
 * a lock of its own, free. */
void page_become_table(struct page *page, struct mm *mm, vaddr_t base, struct spinlock *lock);
/* It leaves the directory: nobody may write an entry of it any more. Under its lock. */
void page_leave_table(struct page *page);
/* The tables of one space, as a list that begins at *tables. Under the lock of its directory; who only adds
 * up need not have it, if no table can leave meanwhile. */
void page_tables_add(struct page **tables, struct page *page);
void page_tables_remove(struct page *page);
/* The resident pages that they all map (page_pt_resident). */
u32 page_tables_resident(struct page *const *tables);
/* The lock of its entries: its own (RANK_PT), or the address space's page_table_lock with ptl=mm. */
struct spinlock *page_ptl(struct page *page);
/* Under page_ptl: `entries` more are not empty, `pages` more of them count as resident (the zero page does
 * not). Both may be negative. Returns the entries that are not empty now (S31). */
int page_pt_account(struct page *page, int entries, int pages);
/* The entries that are not empty: under page_ptl, or a hint. */
int page_pt_entries(const struct page *page);
/* The same for one entry more, which a fault has just filled: counted as resident, or not. */
void page_pt_count(struct page *page, bool resident) must_hold(page_ptl(page));
/* Whose table it is; NULL when it has left the directory. Under its lock. */
struct mm *page_pt_mm(const struct page *page);
vaddr_t page_pt_base(const struct page *page);
/* Resident pages that it maps, read with no lock. */
u32 page_pt_resident(const struct page *page);

#ifdef FL_TEST
/* A look at a frame for those who check the kernel: no lock, no order, and no choice of the explorer. */
struct page_peek {
    int refs, mappings;
    struct mapping *mapping;
    bool locked;
};
struct page_peek page_peek(const struct page *page);
#endif

struct frame_stats {
    u32 total, free, dma_free, normal_free, high_free, per_cpu_cached, zeroed_stock;
};
void frame_stats(struct frame_stats *stats);
u32 frames_in_use(void); /* total - free, cached frames counted as free: for leak checks */
u32 frames_total(void);  /* all that the allocator has, in use or free */

/* Boot: one usable range of physical memory at a time, then start. */
struct boot_range {
    paddr_t start;
    u64 end;
};
void frames_init(const struct boot_range *usable, unsigned n, const struct boot_range *reserved,
                 unsigned reserved_n);
