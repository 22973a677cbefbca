/*
 * Inside kvalloc. The kernel window is described by struct kv_range, one for each range, free or not.
 * Descriptors live in pages that hold nothing else and that kvalloc places in its own window:
 *
 *     descriptor page P at va:  | head | range of P itself | range | free slot | range | ...
 *
 * The range that covers P is described in P (rows S09, S10): a new descriptor page needs no descriptor from
 * anywhere else, so kvalloc never calls kvalloc. Its frame is allocated before the lock is taken.
 *
 * Every range ends with a guard page that is never mapped; the first page behind a kernel section is a guard
 * of its own. So each range has one on both sides, and neighbours share it.
 *
 * Key: (k) kv_lock; (c) constant while the range is in use. kv_owner() reads without the lock, for an oops.
 */
#pragma once
#include "lib/list.h"
#include "mm/kernel/kvalloc.h"
#include "mm/range/range.h"

enum kv_state {
    KV_SLOT,        /* no range: a free descriptor */
    KV_FREE,        /* in kv_free */
    KV_FIXED,       /* a section of the kernel image, mapped by arch/ */
    KV_GUARD,       /* never mapped */
    KV_DESCRIPTORS, /* a descriptor page */
    KV_USED,
    KV_DEVICE, /* used; its frames are a device's */
    KV_LAZY,   /* freed, but some CPU may still hold a translation */
};

struct kv_range {
    struct range_node node; /* (k) pages of the window (va >> 12), trailing guard included */
    u32 state;              /* (k) enum kv_state */
    const char *owner;      /* (c) static storage */
    struct kv_range *next;  /* (k) free slots of the page; lazy ranges */
    bool was_fixed;         /* (k) lazy: it had no guard of its own */
};

#define KV_MAGIC 0x4B764453u
struct kv_page {
    u32 magic;
    u32 used;               /* (k) slots that hold a range, its own included */
    struct kv_page *next;   /* (k) all descriptor pages */
    struct list partial;    /* (k) in kv_partial while it has a free slot */
    struct kv_range *slots; /* (k) free ones */
};
#define KV_SLOTS ((PAGE_SIZE - sizeof(struct kv_page)) / sizeof(struct kv_range))
static inline struct kv_range *kv_slots(struct kv_page *page)
{
    return (struct kv_range *)(page + 1);
}

/* The most descriptors that one operation uses up: the new range, and what is left before and behind it. */
#define KV_SLOTS_NEEDED 3u

extern struct spinlock kv_lock; /* RANK_KVALLOC; never taken in interrupts */
extern struct range_set kv_free, kv_used;
extern struct kv_page *kv_pages; /* (k) */
extern u32 kv_free_slots;        /* (k) */
extern atomic_t kv_frames; /* (a) frames that the window holds, dead translations and descriptors included */

/* Asserts that this CPU is not inside kvalloc already (row S09), and takes the lock. */
void kv_enter(void) acquires(&kv_lock);
void kv_exit(void) releases(&kv_lock);

/* ---- mm/kernel/kv_descriptors.c; all with kv_lock held ---- */
void kv_descriptors_init(struct kv_page *first);
/* The range that covers the page goes into the page's own first slot (S10). */
void kv_describe_itself(struct kv_page *page);
/* Takes a slot; there is one, the caller has seen to it. */
struct kv_range *kv_slot_get(enum kv_state state, const char *owner);
void kv_slot_put(struct kv_range *range);
/* Turns the frame into a descriptor page; false (the frame still the caller's) when the window is full. */
must_check bool kv_grow(struct page *frame);
/* Empties the window of descriptor pages that are not needed; their frames go through the lazy list. */
void kv_shrink(void);

/* ---- mm/kernel/kv_lazy.c ---- */
/* Takes the range's entries away and queues it for the next flush. No lock held. */
void kv_retire(struct kv_range *range);
/* With kv_lock held, translations already dead. */
void kv_queue_lazy(struct kv_range *range);
bool kv_purge_if_many(void);

/* ---- mm/kernel/kv_stack.c: stacks that wait to be used again go back to the window. Sleeps. ---- */
void kv_stacks_release(void);

/* Marks a dead translation whose frame is put after the flush. */
#define KV_PTE_DEAD 1u
static inline vaddr_t kv_start(const struct kv_range *range)
{
    return range->node.start << PAGE_SHIFT;
}
/* Pages without the guard. */
static inline u32 kv_mapped_pages(const struct kv_range *range)
{
    return range->state == KV_FIXED || range->state == KV_FREE || range->was_fixed ? range->node.count
                                                                                   : range->node.count - 1;
}
static inline struct kv_range *kv_range_of(struct range_node *node)
{
    return container_of(node, struct kv_range, node);
}
