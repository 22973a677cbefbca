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
#include "mm/frame/frame_debug.h"
#include "mm/frame/frames.h"
#include "mm/frame/reclaim.h"
#include "sched/task.h"

/* The frame is ours alone, but a stale pointer to it may still be asked page_get_unless_free(): refs comes
 * last. */
static inline struct page *make_used(struct page *page, vaddr_t ip)
{
    frame_check_poison(page);
    frame_set_owner(page, ip);
    assert(atomic_read(&page->refs) == 0);
    atomic_set_release(&page->refs, 1);
    return page;
}

/* Waiting for other CPUs is only possible from a task that holds no spinlock and has interrupts on. */
static bool may_wait(unsigned gfp)
{
    return !(gfp & GFP_ATOMIC) && !in_atomic() && spins_held_count() == 0;
}

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
    if (!may_wait(gfp))
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
    make_used(page, CALLER_IP());
    if ((gfp & GFP_ZERO) && !is_zero)
        page_zero(page);
    trace_point(mm_page_alloc, page_pfn(page), gfp);
    return page;
}

/* Nobody holds a reference: checks that nobody needs it, and wipes what the last owner left. True: past the
 * caches. */
static inline bool make_free(struct page *page)
{
    u32 flags = page->flags;
    assert(atomic_read(&page->map_count) == 0); /* R55: still mapped somewhere */
    assert(!page->mapping);
    assert(!(flags & ((1u << PG_LOCKED) | (1u << PAGE_RESERVED))) && (flags & (1u << PG_RAM)));
    page->flags = flags & ((3u << PG_ZONE) | (1u << PG_RAM));
    frame_poison(page);
    trace_point(mm_page_free, page_pfn(page));
    return flags & (1u << PG_DIRECT);
}

static noinline void page_free(struct page *page)
{
    bool direct = make_free(page);
    irqflags_t flags = irq_save();
    count_event(pgfree);
    if (unlikely(direct))
        zone_give_run(page, 1);
    else
        cache_give(page);
    irq_restore(flags);
}

void page_put(struct page *page)
{
    int refs = atomic_dec(&page->refs);
    assert(refs >= 0); /* put more often than got */
    if (refs == 0)
        page_free(page);
}

/* ---- ranges and given frames: rare, straight from the zones ---- */

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

struct page *page_alloc_range(u32 count, u32 align, pfn_t below, u32 boundary, unsigned gfp)
{
    struct range_request request = {.count = count, .align = align, .boundary = boundary};
    pfn_t first;
    assert(count > 0);
    if (alloc_must_fail() || (boundary && count > boundary))
        return NULL;
    frame_assert_may_alloc(gfp);
    if (!take_range(&request, below, gfp, &first)) {
        if (!may_wait(gfp))
            return NULL;
        frames_drain_caches(); /* cached single frames may be what splits the free extents */
        if (!take_range(&request, below, gfp, &first)) {
            reclaim_all();
            frames_drain_caches();
            if (!take_range(&request, below, gfp, &first))
                return NULL;
        }
    }
    count_frames(COUNT_pgalloc, count);
    for (u32 i = 0; i < count; i++) {
        make_used(&page_array[first + i], CALLER_IP());
        if (gfp & GFP_ZERO)
            page_zero(&page_array[first + i]);
    }
    return &page_array[first];
}

void page_put_range(struct page *first, u32 count)
{
    u32 run = 0; /* frames before `i` whose last reference this was */
    for (u32 i = 0; i < count; i++) {
        int refs = atomic_dec(&first[i].refs);
        assert(refs >= 0 && page_zone(&first[i]) == page_zone(first));
        if (refs == 0) {
            make_free(&first[i]);
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
    if (!taken && atomic_read(&page->refs) == 0 && may_wait(GFP_KERNEL)) {
        frames_drain_caches(); /* free, but in some CPU's cache */
        taken = zone_take_this(&zones[page_zone(page)], pfn);
    }
    if (!taken)
        return NULL;
    count_frames(COUNT_pgalloc, 1);
    page->flags |= 1u << PG_DIRECT;
    return make_used(page, CALLER_IP());
}
