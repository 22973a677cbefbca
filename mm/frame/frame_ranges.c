/*
 * Several frames in one piece, and given ones: rare, straight from the zones. Where no place is to be had,
 * one is looked for in this order: the CPUs' caches, the stocks of the layers above, and what programs have
 * there.
 */
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/trace.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frame_cache.h"
#include "mm/frame/frame_use.h"
#include "mm/frame/frames.h"
#include "mm/frame/reclaim.h"

static void count_frames(enum counter counter, u32 n)
{
    irqflags_t flags = irq_save();
    this_cpu(counters).n[counter] += n;
    irq_restore(flags);
}

static bool take_range(const struct range_request *request, pfn_t below, unsigned gfp, pfn_t *first)
{
    for (const enum zone_id *id = zone_order(gfp); *id != ZONES; id++) {
        struct zone *zone = &zones[*id];
        struct range_request here = *request;
        if (below <= zone->first)
            continue;
        here.limit = below < zone->end ? below : 0;
        if (zone_take_range(zone, &here, zone_floor(zone, gfp), first))
            return true;
    }
    return false;
}

/* From the zones, and then from what may be had for waiting. */
static bool take_range_hard(const struct range_request *request, pfn_t below, unsigned gfp, pfn_t *first)
{
    if (take_range(request, below, gfp, first))
        return true;
    if (!frames_may_wait(gfp))
        return false;
    frames_drain_caches(); /* cached single frames may be what splits the free extents */
    if (take_range(request, below, gfp, first))
        return true;
    reclaim_all();
    frames_drain_caches();
    return take_range(request, below, gfp, first);
}

/* Frames enough, were they only neighbours? Compaction makes no frames, and must not eat the reserve. */
static bool enough_apart(u32 count, pfn_t below, unsigned gfp)
{
    for (const enum zone_id *id = zone_order(gfp); *id != ZONES; id++)
        if (*id != ZONE_DMA && below > zones[*id].first &&
            READ_ONCE(zones[*id].free_frames) >= zone_floor(&zones[*id], gfp) + count)
            return true;
    return false;
}

/* There is no place: can one be made of what programs have? That takes mmap_locks: not for who holds a lock.
 */
static struct page *make_range(const struct range_request *request, pfn_t below, unsigned gfp)
{
    const struct held_locks *held = held_sleeping_here();

    if (!compact_hook || !frames_may_wait(gfp) || !held || held_count(held) > 0 ||
        !enough_apart(request->count, below, gfp))
        return NULL;
    return compact_hook(request->count, request->align,
                        gfp & GFP_USER ? below : MIN(below, DIRECT_LIMIT_PFN));
}

struct page *page_alloc_range(u32 count, u32 align, pfn_t below, u32 boundary, unsigned gfp)
{
    struct range_request request = {.count = count, .align = align, .boundary = boundary};
    struct page *made;
    pfn_t first;
    assert(count > 0);
    if (alloc_must_fail() || (boundary && count > boundary))
        return NULL;
    frame_assert_may_alloc(gfp);
    if (take_range_hard(&request, below, gfp, &first)) {
        count_frames(COUNT_pgalloc, count);
        for (u32 i = 0; i < count; i++) {
            frame_make_used(&page_array[first + i], CALLER_IP());
            trace_point(mm_page_alloc, first + i, gfp);
        }
    } else {
        if (!(made = make_range(&request, below, gfp)))
            return NULL;
        first = page_pfn(made);
    }
    for (u32 i = 0; i < count && (gfp & GFP_ZERO); i++)
        page_zero(&page_array[first + i]);
    return &page_array[first];
}

void page_put_range(struct page *first, u32 count)
{
    u32 run = 0; /* frames before `i` whose last reference this was */
    for (u32 i = 0; i < count; i++) {
        int refs = atomic_dec(&first[i].refs);
        assert(refs >= 0 && page_zone(&first[i]) == page_zone(first));
        if (refs == 0) {
            frame_make_free(&first[i], false);
            run++;
        } else if (run > 0) { /* somebody else still uses this one: it comes back when he puts it */
            count_frames(COUNT_pgfree, run);
            zone_give_run(&first[i - run], run);
            run = 0;
        }
    }
    if (run > 0) {
        count_frames(COUNT_pgfree, run);
        zone_give_run(&first[count - run], run);
    }
}

struct page *page_claim(pfn_t pfn)
{
    struct page *page = page_of(pfn);
    if (!page)
        return NULL;
    bool taken = zone_take_this(&zones[page_zone(page)], pfn);
    if (!taken && atomic_read(&page->refs) == 0 && frames_may_wait(GFP_KERNEL)) {
        frames_drain_caches(); /* free, but in some CPU's cache */
        taken = zone_take_this(&zones[page_zone(page)], pfn);
    }
    if (!taken)
        return NULL;
    count_frames(COUNT_pgalloc, 1);
    WRITE_ONCE(page->flags, page->flags | 1u << PG_DIRECT);
    trace_point(mm_page_alloc, pfn, 0);
    return frame_make_used(page, CALLER_IP());
}
