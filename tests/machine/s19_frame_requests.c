/*
 * S19, S20: contiguous frames below 16 MiB with an alignment, a ceiling and a line that must not be crossed,
 * at random, held against a bitmap of the zone. Nobody else takes from that zone while others have memory, so
 * that the bitmap knows everything: a request may be refused only if no place exists.
 */
#include "lib/random.h"
#include "mm/frame/frames.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define HELD  96u
#define BRIEF 10000u
#define FULL  1000000u /* S19 */

static bool taken[DMA_LIMIT_PFN];
static struct {
    struct page *first;
    u32 count;
} held[HELD];

struct request {
    u32 count, align, boundary;
    pfn_t below;
};

/* The zone's free frames, each claimed and given back: what cannot be claimed is somebody's for ever. */
static u32 learn_zone(void)
{
    u32 n = 0;

    for (pfn_t pfn = 0; pfn < DMA_LIMIT_PFN; pfn++) {
        struct page *page = page_claim(pfn);
        taken[pfn] = !page;
        n += page != NULL;
        if (page)
            page_put(page);
    }
    return n;
}

static bool place_is_right(const struct request *r, pfn_t first)
{
    return first % r->align == 0 && first + r->count <= MIN(r->below, DMA_LIMIT_PFN) &&
           (!r->boundary || first / r->boundary == (first + r->count - 1) / r->boundary);
}

static bool all_free(pfn_t first, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (taken[first + i])
            return false;
    return true;
}

static bool some_place_exists(const struct request *r)
{
    for (pfn_t first = 0; first + r->count <= DMA_LIMIT_PFN; first += r->align)
        if (place_is_right(r, first) && all_free(first, r->count))
            return true;
    return false;
}

static void mark(pfn_t first, u32 count, bool value)
{
    for (u32 i = 0; i < count; i++)
        taken[first + i] = value;
}

static struct request random_request(struct random *rnd)
{
    struct request r = {.count = 1 + random_below(rnd, random_below(rnd, 4) ? 24 : 200),
                        .align = 1u << random_below(rnd, 7),
                        .below = random_below(rnd, 3) ? DMA_LIMIT_PFN : 300 + random_below(rnd, 3000)};

    if (random_below(rnd, 2))
        for (r.boundary = 16; r.boundary < r.count; r.boundary *= 2)
            ;
    return r;
}

/* Takes into slot i, or is refused rightly. Returns whether it was refused. */
static bool take(struct random *rnd, u32 i)
{
    struct request r = random_request(rnd);
    struct page *first =
        obtain(page_alloc_range(r.count, r.align, r.below, r.boundary, GFP_DMA | GFP_ATOMIC));

    if (!first) {
        check(!some_place_exists(&r));
        return true;
    }
    check(place_is_right(&r, page_pfn(first)) && all_free(page_pfn(first), r.count));
    mark(page_pfn(first), r.count, true);
    held[i].first = first;
    held[i].count = r.count;
    return false;
}

static void give(u32 i)
{
    mark(page_pfn(held[i].first), held[i].count, false);
    page_put_range(held[i].first, held[i].count);
    held[i].first = NULL;
}

TEST(
    s19_frame_requests, .limit_ticks = 100000,
    .shows =
        "contiguous frames obey alignment, ceiling and boundary; a request is refused only if no place exists")
{
    struct random rnd;
    u32 refused = 0, frames, before = frames_users(), operations = test_count(BRIEF, FULL);

    frames_drain_caches();
    frames = learn_zone();
    random_seed(&rnd, 2006);
    for (u32 op = 0; op < operations && !test_failed(); test_progress(++op, operations)) {
        u32 i = random_below(&rnd, HELD);
        if (held[i].first)
            give(i);
        else
            refused += take(&rnd, i);
    }
    for (u32 i = 0; i < HELD; i++)
        if (held[i].first)
            give(i);
    check_eq(frames_users(), before);
    check_eq(learn_zone(), frames); /* each of them can be had by its number again */
    check(refused > 0);
    test_note("%u frames of the zone, %u operations, %u refused", frames, operations, refused);
}
