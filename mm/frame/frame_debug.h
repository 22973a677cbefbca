/*
 * Checks on frames that the test image makes and the product does not pay for. mm/frame*.c only.
 *
 * A freed frame's first words get a pattern, which must still be there when it is handed out again: a write
 * through a stale translation or pointer (R09, R43) is found. Only the first words, because a whole page
 * would double the cost of every fault, and only directly mapped frames.
 */
#pragma once
#include "diag/assert.h"
#include "diag/panic.h"
#include "mm/frame/page_private.h"

#ifdef FL_TEST
#define POISON_WORDS 16u
#define POISON(pfn)  (0xDEADF000u ^ (pfn))

static inline void frame_poison(struct page *page)
{
    pfn_t pfn = page_pfn(page);
    if (pfn >= DIRECT_LIMIT_PFN)
        return;
    u32 *word = phys_to_direct(pfn << PAGE_SHIFT);
    for (u32 i = 0; i < POISON_WORDS; i++)
        word[i] = POISON(pfn);
    WRITE_ONCE(page->flags, page->flags | 1u << PG_POISONED); /* a walk of a file's tree may still look */
}

static inline void frame_check_poison(struct page *page)
{
    pfn_t pfn = page_pfn(page);
    if (!(page->flags & (1u << PG_POISONED)))
        return;
    const u32 *word = phys_to_direct(pfn << PAGE_SHIFT);
    for (u32 i = 0; i < POISON_WORDS; i++)
        if (word[i] != POISON(pfn))
            panic("frame %#x, last %pS's, was written after its free, at +%u", pfn, (void *)page->owner,
                  4 * i);
    WRITE_ONCE(page->flags, page->flags & ~(1u << PG_POISONED));
}

/* A frame that is kept because it is zero already: when it comes, and when it goes out. All of it, for they
 * are few: page tables. */
static inline unwatched u32 frame_zero_words(const u32 *word)
{
    u32 n = 0;
    while (n < PAGE_SIZE / sizeof(*word) && !(word[n] | word[n + 1] | word[n + 2] | word[n + 3]))
        n += 4; /* nearly always to the end, four at a time */
    while (n < PAGE_SIZE / sizeof(*word) && !word[n])
        n++;
    return n;
}
static inline void frame_check_zeroes(const struct page *page)
{
    pfn_t pfn = page_pfn(page);
    const u32 *word = phys_to_direct(pfn << PAGE_SHIFT);
    u32 zeroes = frame_zero_words(word);
    if (zeroes < PAGE_SIZE / sizeof(*word))
        panic("frame %#x, last %pS's, is kept as one of zeroes, and holds %#x at +%u", pfn,
              (void *)page->owner, word[zeroes], 4 * zeroes);
}
static inline void frame_keep_zeroes(struct page *page)
{
    frame_check_zeroes(page);
    WRITE_ONCE(page->flags, page->flags | 1u << PG_ZEROES);
}
static inline void frame_check_kept(struct page *page)
{
    if (!(page->flags & (1u << PG_ZEROES)))
        return;
    frame_check_zeroes(page);
    WRITE_ONCE(page->flags, page->flags & ~(1u << PG_ZEROES));
}

static inline void frame_set_owner(struct page *page, vaddr_t ip)
{
    page->owner = ip;
}
static inline void frame_assert_may_alloc(unsigned gfp)
{
    assert((gfp & GFP_ATOMIC) || spins_held_count() == 0);
}
#else
#define frame_poison(page)          ((void)0)
#define frame_check_poison(page)    ((void)0)
#define frame_keep_zeroes(page)     ((void)0)
#define frame_check_kept(page)      ((void)0)
#define frame_set_owner(page, ip)   ((void)(ip))
#define frame_assert_may_alloc(gfp) ((void)0)
#endif
