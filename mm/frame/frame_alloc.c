/*
 * Taking frames and giving them back.
 *
 * The way of one frame: zone (range engine, zone lock) -> this CPU's cache (interrupts off) -> in use
 * (references). A cache hit writes this CPU's lines and the frame's own, nothing shared.
 */
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/trace.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frame_cache.h"
#include "mm/frame/frame_use.h"
#include "mm/frame/frames.h"
#include "mm/frame/reclaim.h"
#include "sched/task.h"

/* Zone after zone; interrupts off. */
static noinline struct page *take_anywhere(unsigned gfp, bool *is_zero)
{
    struct page *page = NULL;
    for (const enum zone_id *zone = zone_order(gfp); !page && *zone != ZONES; zone++) {
        if ((gfp & GFP_ZERO) && (page = zeroed_take(*zone)))
            *is_zero = true;
        else
            page = cache_take(*zone, gfp);
    }
    return page;
}

/* A hit in the best zone's cache needs no call. Clearing a plain frame is dearer than a look at the zeroed
 * stock, so that comes first, where there is one. */
static always_inline struct page *take(unsigned gfp, bool *is_zero)
{
    enum zone_id best = zone_order(gfp)[0];
    irqflags_t flags = irq_save();
    struct cpu_frames *mine = my_frames();
    struct page *page = NULL;
    *is_zero = false;
    if ((gfp & GFP_ZERO) && (page = cache_pop(&mine->zeroed[best])))
        *is_zero = true;
    else if (!(gfp & GFP_ZERO) || !zeroed_at_hand(best))
        page = cache_pop(&mine->plain[best]);
    if (unlikely(!page))
        page = take_anywhere(gfp, is_zero);
    if (likely(page))
        count_event(pgalloc);
    irq_restore(flags);
    return page;
}

/* Nothing in the zones nor in this CPU's caches: the zeroed stock, then what the other CPUs have cached, then
 * what the layers above keep for later. */
static noinline struct page *take_slow(unsigned gfp, bool *is_zero)
{
    for (const enum zone_id *zone = zone_order(gfp); *zone != ZONES; zone++) {
        struct page *page = zeroed_steal(*zone);
        if (page) {
            irqflags_t flags = irq_save();
            count_event(pgalloc);
            irq_restore(flags);
            *is_zero = true;
            return page;
        }
    }
    if (!frames_may_wait(gfp))
        return NULL;
    frames_drain_caches();
    struct page *page = take(gfp, is_zero);
    if (page)
        return page;
    reclaim_all();
    frames_drain_caches(); /* what came back may be in the cache of another CPU */
    return take(gfp, is_zero);
}

struct page *page_alloc(unsigned gfp)
{
    bool is_zero = false;
    if (alloc_must_fail())
        return NULL;
    frame_assert_may_alloc(gfp);
    struct page *page = take(gfp, &is_zero);
    if (unlikely(!page) && !(page = take_slow(gfp, &is_zero)))
        return NULL;
    frame_make_used(page, CALLER_IP());
    if ((gfp & GFP_ZERO) && !is_zero)
        page_zero(page);
    trace_point(mm_page_alloc, page_pfn(page), gfp);
    return page;
}

static always_inline void give_back(struct page *page, bool zeroed)
{
    bool direct = frame_make_free(page, zeroed);
    irqflags_t flags = irq_save();
    count_event(pgfree);
    if (unlikely(direct))
        zone_give_run(page, 1);
    else if (!zeroed || !cache_give_zeroed(page))
        cache_give(page);
    irq_restore(flags);
}

static noinline void page_free(struct page *page)
{
    give_back(page, false);
}
static noinline void page_free_zeroed(struct page *page)
{
    give_back(page, true);
}

/* Whether the caller had the last reference. One comparison for the two that are not usual. */
static always_inline bool put_was_last(struct page *page)
{
    int refs = atomic_dec(&page->refs);
    if (likely(refs > 0))
        return false;
    assert(refs == 0); /* put more often than got */
    return true;
}

void page_put(struct page *page)
{
    if (put_was_last(page))
        page_free(page);
}

void page_put_zeroed(struct page *page)
{
    if (put_was_last(page))
        page_free_zeroed(page);
}
