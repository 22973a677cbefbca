/* Zones over the range engine. The node of a free extent lives in the struct page of its first frame. */
#include "mm/frame/frame_zone.h"
#include "diag/assert.h"

struct zone zones[ZONES];

static struct range_node *node_of_frame(struct range_set *set, u32 pfn)
{
    return &page_array[pfn].extent;
}
static void node_done(struct range_set *set, struct range_node *node) {}

void zones_init(void)
{
    static const pfn_t first[ZONES + 1] = {0, DMA_LIMIT_PFN, DIRECT_LIMIT_PFN, FRAMES_MAX};
    for (unsigned i = 0; i < ZONES; i++) {
        zones[i] = (struct zone){.first = first[i], .end = first[i + 1]};
        spinlock_init(&zones[i].lock, "zone", ZONE);
        range_set_init(&zones[i].free, node_of_frame, node_done);
    }
}

/* Ordinary requests come to DMA last (S20): what only it can serve should still be there when it is asked
 * for. */
const enum zone_id zone_order_dma[] = {ZONE_DMA, ZONES};
const enum zone_id zone_order_kernel[] = {ZONE_NORMAL, ZONE_DMA, ZONES};
static const enum zone_id order_with_high[] = {ZONE_HIGH, ZONE_NORMAL, ZONE_DMA, ZONES};
const enum zone_id *zone_order_user = order_with_high;

void zones_ready(void)
{
    zones[ZONE_DMA].reserve =
        zones[ZONE_DMA].frames / (zones[ZONE_NORMAL].frames > zones[ZONE_DMA].frames ? 4 : 16);
    zones[ZONE_NORMAL].reserve = MIN(zones[ZONE_NORMAL].frames / 64, 256u);
    if (zones[ZONE_HIGH].frames == 0)
        zone_order_user = zone_order_kernel;
}

u32 zone_floor(const struct zone *zone, unsigned gfp)
{
    bool privileged = zone == &zones[ZONE_DMA] ? (gfp & GFP_DMA) : (gfp & GFP_ATOMIC);
    return privileged ? 0 : zone->reserve;
}

u32 zone_take(struct zone *zone, struct page **pages, u32 most, u32 floor)
{
    u32 got = 0;
    if (READ_ONCE(zone->free_frames) <= floor)
        return 0; /* without the lock: an empty zone costs its callers one load */
    irqflags_t flags = spin_lock_irq_save(&zone->lock);
    if (zone->free_frames > floor)
        most = MIN(most, zone->free_frames - floor);
    else
        most = 0;
    while (got < most) {
        u32 first, n = range_alloc_some(&zone->free, most - got, &first);
        assert(n > 0); /* free_frames says that there is something */
        for (u32 i = 0; i < n; i++)
            pages[got++] = &page_array[first + i];
    }
    WRITE_ONCE(zone->free_frames, zone->free_frames - got);
    spin_unlock_irq_restore(&zone->lock, flags);
    return got;
}

void zone_give_run(struct page *first, u32 count)
{
    struct zone *zone = &zones[page_zone(first)];
    irqflags_t flags = spin_lock_irq_save(&zone->lock);
    range_free(&zone->free, page_pfn(first), count);
    WRITE_ONCE(zone->free_frames, zone->free_frames + count);
    spin_unlock_irq_restore(&zone->lock, flags);
}

/* How many of the frames from `pages` on are neighbours, in either direction; *low is the lowest of them. */
static u32 run_length(struct page **pages, u32 n, struct page **low)
{
    u32 run = 1;
    *low = pages[0];
    while (run < n && pages[run] == pages[0] + run)
        run++;
    if (run > 1)
        return run;
    while (run < n && pages[run] == *low - 1) {
        --*low;
        run++;
    }
    return run;
}

void zone_give(struct zone *zone, struct page **pages, u32 n)
{
    irqflags_t flags = spin_lock_irq_save(&zone->lock);
    for (u32 i = 0, run; i < n; i += run) {
        struct page *low;
        run = run_length(pages + i, n - i, &low);
        range_free(&zone->free, page_pfn(low), run);
    }
    WRITE_ONCE(zone->free_frames, zone->free_frames + n);
    spin_unlock_irq_restore(&zone->lock, flags);
}

bool zone_take_range(struct zone *zone, const struct range_request *request, u32 floor, pfn_t *first)
{
    irqflags_t flags = spin_lock_irq_save(&zone->lock);
    bool taken = zone->free_frames >= request->count && zone->free_frames - request->count >= floor &&
                 range_alloc(&zone->free, request, first);
    if (taken)
        WRITE_ONCE(zone->free_frames, zone->free_frames - request->count);
    spin_unlock_irq_restore(&zone->lock, flags);
    return taken;
}

bool zone_take_this(struct zone *zone, pfn_t pfn)
{
    irqflags_t flags = spin_lock_irq_save(&zone->lock);
    bool taken = range_alloc_at(&zone->free, pfn, 1);
    if (taken)
        WRITE_ONCE(zone->free_frames, zone->free_frames - 1);
    spin_unlock_irq_restore(&zone->lock, flags);
    return taken;
}
