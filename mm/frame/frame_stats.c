/*
 * Counting memory. Frames in use are allocations minus releases, both per CPU: exact whenever nobody
 * allocates, also while idle CPUs move free frames about, which a sum over zones and caches would not be.
 */
#include "diag/assert.h"
#include "diag/counters.h"
#include "mm/frame/frame_cache.h"
#include "mm/frame/frames.h"

static atomic_t
    reserved_later; /* frames that page_reserve() took out of the count, minus those that came back */

void page_reserve(struct page *page)
{
    assert(atomic_read(&page->refs) > 0 && !page_bit_test(page, PAGE_RESERVED));
    page_bit_set(page, PAGE_RESERVED);
    atomic_inc(&reserved_later);
}

void page_unreserve(struct page *page)
{
    assert(page_bit_test(page, PAGE_RESERVED) && page != zero_page);
    page_bit_clear(page, PAGE_RESERVED);
    atomic_dec(&reserved_later);
}

u32 frames_in_use(void)
{
    /* Frees first: a frame freed and allocated again in between must not look like a negative count. */
    u32 freed = counter_sum(COUNT_pgfree);
    return counter_sum(COUNT_pgalloc) - freed - (u32)atomic_read(&reserved_later);
}

u32 frames_total(void)
{
    u32 total = 0;

    for (unsigned zone = 0; zone < ZONES; zone++)
        total += zones[zone].frames;
    return total - (u32)atomic_read(&reserved_later);
}

static u32 zone_free(enum zone_id zone)
{
    u32 n = READ_ONCE(zones[zone].free_frames);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        n += READ_ONCE(per_cpu(cpu_frames, cpu).plain[zone].n) +
             READ_ONCE(per_cpu(cpu_frames, cpu).zeroed[zone].n);
    return n;
}

void frame_stats(struct frame_stats *stats)
{
    *stats = (struct frame_stats){.zeroed_stock = zeroed_stock_count()};
    stats->total = frames_total();
    stats->free = stats->total - frames_in_use();
    stats->dma_free = zone_free(ZONE_DMA);
    stats->normal_free = zone_free(ZONE_NORMAL);
    stats->high_free = zone_free(ZONE_HIGH);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        for (unsigned zone = 0; zone < ZONES; zone++) {
            stats->per_cpu_cached += READ_ONCE(per_cpu(cpu_frames, cpu).plain[zone].n);
            stats->zeroed_stock += READ_ONCE(per_cpu(cpu_frames, cpu).zeroed[zone].n);
        }
    }
}
