/* Refilling, draining and emptying the per-CPU caches of frames. */
#include "mm/frame/frame_cache.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "mm/frame/frames.h"
#include "sync/crosscall.h"

PERCPU_DEFINE(cpu_frames);

/* The batch waits in a local array while the zone's lock may be spun for: see the head of frame_cache.h. */
static noinline struct page *cache_refill(enum zone_id zone, unsigned gfp)
{
    struct page *batch[CACHE_BATCH];
    u32 n = zone_take(&zones[zone], batch, CACHE_BATCH, zone_floor(&zones[zone], gfp));
    if (n == 0)
        return NULL;
    count_event(pcp_refill);
    struct frame_cache *cache = &my_frames()->plain[zone];
    assert(cache->n + n <= CACHE_MAX);
    while (n > 1) /* the lowest frame is handed out first and stands last */
        cache_push(cache, batch[--n]);
    return batch[0];
}

struct page *cache_take(enum zone_id zone, unsigned gfp)
{
    struct page *page = cache_pop(&my_frames()->plain[zone]);
    if (page)
        return page;
    if (zone == ZONE_DMA)
        return zone_take(&zones[zone], &page, 1, zone_floor(&zones[zone], gfp)) ? page : NULL;
    return cache_refill(zone, gfp);
}

/* Sends the half that came first, and so went cold, back to its zone. */
static noinline void cache_drain(struct frame_cache *cache, enum zone_id zone)
{
    struct page *batch[CACHE_BATCH];
    count_event(pcp_drain);
    for (u32 i = 0; i < CACHE_BATCH; i++) {
        batch[i] = cache->page[i];
        cache->page[i] = cache->page[i + CACHE_BATCH];
    }
    WRITE_ONCE(cache->n, cache->n - CACHE_BATCH);
    zone_give(&zones[zone], batch, CACHE_BATCH);
}

void cache_give_slow(struct page *page)
{
    enum zone_id zone = page_zone(page);
    struct frame_cache *cache = &my_frames()->plain[zone];
    if (zone == ZONE_DMA) {
        zone_give_run(page, 1);
        return;
    }
    cache_drain(cache, zone);
    cache_push(cache, page);
}

/* ---- emptying all caches of all CPUs ---- */

struct drained {
    struct page *list[MAX_CPUS]; /* what each CPU took out of its caches, linked through page->next */
};

static void detach(struct frame_cache *cache, struct page **list)
{
    struct page *page;

    while ((page = cache_pop(cache)) != NULL) {
        page->next = *list;
        *list = page;
    }
}

/*
 * Runs on each CPU with interrupts off, perhaps inside a spin for some lock: it may take none itself, so it
 * only detaches; the CPU that asked gives the frames to the zones.
 */
static void detach_this_cpu(void *arg)
{
    struct drained *drained = arg;
    struct cpu_frames *mine = my_frames();
    for (unsigned zone = 0; zone < ZONES; zone++) {
        detach(&mine->plain[zone], &drained->list[cpu_id()]);
        detach(&mine->zeroed[zone], &drained->list[cpu_id()]);
    }
}

void frames_drain_caches(void)
{
    struct drained drained = {{NULL}};
    struct cpumask all = {{0}};
    assert(spins_held_count() == 0);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&all, cpu);
    crosscall(&all, detach_this_cpu, &drained);
    irqflags_t flags = irq_save();
    detach_this_cpu(&drained);
    irq_restore(flags);
    for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
        for (struct page *page = drained.list[cpu], *next; page; page = next) {
            next = page->next;
            zone_give_run(page, 1);
        }
    }
    zeroed_stock_drain();
}
