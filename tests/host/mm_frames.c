/* The frame allocator as it runs: what the machine gave at boot, through its public face (rows S19, S20,
 * S22). */
#include "lib/random.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "tests/test.h"

#define HELD_MAX_RUNS 128u
struct run {
    struct page *first;
    u32 count;
};

static bool held_by_us(const struct run *runs, u32 n, pfn_t first, u32 count)
{
    for (u32 i = 0; i < n; i++) {
        pfn_t other = page_pfn(runs[i].first);
        if (first < other + runs[i].count && other < first + count)
            return true;
    }
    return false;
}

TEST(s19_frame_ranges, .shows = "contiguous ranges obey alignment, ceiling and boundary and never overlap")
{
    struct run runs[HELD_MAX_RUNS];
    struct random rnd;
    u32 n = 0, before = frames_in_use();
    random_seed(&rnd, 1);
    for (u32 op = 0; op < 4000 && !test_failed(); op++) {
        if (n < HELD_MAX_RUNS && random_below(&rnd, 2)) {
            u32 count = 1 + random_below(&rnd, 16), align = 1u << random_below(&rnd, 5);
            u32 boundary = random_below(&rnd, 2) ? 16 : 0;
            pfn_t below = random_below(&rnd, 2) ? DMA_LIMIT_PFN : DIRECT_LIMIT_PFN;
            struct page *first =
                page_alloc_range(count, align, below, boundary, random_below(&rnd, 2) ? GFP_KERNEL : GFP_DMA);
            if (!first)
                continue;
            pfn_t pfn = page_pfn(first);
            check(pfn % align == 0 && pfn + count <= below);
            check(!boundary || pfn / boundary == (pfn + count - 1) / boundary);
            check(!held_by_us(runs, n, pfn, count));
            for (u32 i = 0; i < count; i++)
                check_eq(page_refs(page_of(pfn + i)), 1);
            runs[n++] = (struct run){first, count};
        } else if (n > 0) {
            u32 i = random_below(&rnd, n);
            page_put_range(runs[i].first, runs[i].count);
            runs[i] = runs[--n];
        }
    }
    while (n > 0) {
        n--;
        page_put_range(runs[n].first, runs[n].count);
    }
    check_eq(frames_in_use(), before);
}

TEST(frames_single, .shows = "single frames are distinct, zeroed on request, counted, and all come back")
{
    static struct page *pages[512];
    u32 n = 0, before = frames_in_use();
    for (; n < ARRAY_SIZE(pages); n++) {
        pages[n] = page_alloc(n % 2 ? GFP_USER | GFP_ZERO : GFP_KERNEL);
        if (!pages[n])
            break;
        u32 *words = page_map(pages[n]);
        check(!(n % 2) || (words[0] == 0 && words[PAGE_SIZE / 4 - 1] == 0));
        words[0] = words[PAGE_SIZE / 4 - 1] = n;
        page_unmap(words);
    }
    check_eq(frames_in_use(), before + n);
    for (u32 i = 0; i < n; i++) {
        u32 *words = page_map(pages[i]);
        check(words[0] == i && words[PAGE_SIZE / 4 - 1] == i); /* nobody else has it */
        page_unmap(words);
        page_get(pages[i]);
        page_put(pages[i]);
        page_put(pages[i]);
    }
    check_eq(frames_in_use(), before);
    frames_drain_caches();
    struct frame_stats stats;
    frame_stats(&stats);
    check_eq(stats.per_cpu_cached, 0);
    check_eq(stats.free, stats.dma_free + stats.normal_free + stats.high_free);
}

TEST(s20_dma_reserve,
     .shows = "with memory exhausted, 64 KiB below 16 MiB that cross no 64 KiB line are still there")
{
    struct page *list = NULL, *last = NULL;
    u32 n = 0, before = frames_in_use();
    for (struct page *page; (page = page_alloc(GFP_USER)); n++) { /* a chain through the frames themselves */
        struct page **link = page_map(page);
        *link = last;
        page_unmap(link);
        last = list = page;
    }
    struct page *buffer = page_alloc_range(16, 1, DMA_LIMIT_PFN, 16, GFP_DMA);
    check(n > 0);
    check(buffer && page_pfn(buffer) % 16 == 0);
    if (buffer)
        page_put_range(buffer, 16);
    while (list) {
        struct page **link = page_map(list), *next = *link;
        page_unmap(link);
        page_put(list);
        list = next;
    }
    check_eq(frames_in_use(), before);
    test_note("%u frames were taken before the end", n);
}

TEST(s22_claim, .shows = "a given frame can be claimed exactly when it is free, cached or not")
{
    struct page *page = page_alloc(GFP_KERNEL);
    pfn_t pfn = page_pfn(page);
    check(page != NULL && !page_claim(pfn));
    page_put(page); /* into this CPU's cache */
    for (u32 i = 0; i < 100; i++) {
        struct page *mine = page_claim(pfn);
        check(mine == page && !page_claim(pfn));
        if (mine)
            page_put(mine);
    }
    check(!page_claim(0)); /* the firmware's */
}

TEST(frames_fail_nth, .shows = "the Nth allocation fails and no other")
{
    u32 before = frames_in_use();
    alloc_fail_nth(2);
    struct page *first = page_alloc(GFP_KERNEL), *second = page_alloc(GFP_KERNEL),
                *third = page_alloc(GFP_KERNEL);
    check_eq(alloc_fail_count(), 3);
    alloc_fail_nth(0);
    check(first && !second && third);
    page_put(first);
    page_put(third);
    check_eq(frames_in_use(), before);
}
