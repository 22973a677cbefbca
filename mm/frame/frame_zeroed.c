/*
 * The stock of zeroed frames: idle CPUs fill it, so that a fault need not clear a page itself. They go in and
 * out in batches: CPUs that fault and CPUs that are idle would else meet at the stock's lock, and at the
 * zone's, for each single frame.
 *
 * Key: (s) zeroed_stock_lock.
 */
#include "diag/assert.h"
#include "mm/frame/frame_cache.h"
#include "mm/frame/frame_debug.h"
#include "mm/frame/frames.h"

#define STOCK_MAX 128u

DEFINE_SPINLOCK(zeroed_stock_lock, LEAF);
u32 zeroed_in_stock[ZONES];                  /* (s) to write; READ_ONCE: a hint */
static struct page *stock[ZONES][STOCK_MAX]; /* (s) */

static u32 stock_take(enum zone_id zone, struct page **pages, u32 most)
{
    u32 got = 0;
    if (!zeroed_at_hand(zone))
        return 0;
    irqflags_t flags = spin_lock_irq_save(&zeroed_stock_lock);
    u32 n = zeroed_in_stock[zone];
    while (got < most && n > 0)
        pages[got++] = stock[zone][--n];
    WRITE_ONCE(zeroed_in_stock[zone], n);
    spin_unlock_irq_restore(&zeroed_stock_lock, flags);
    return got;
}

/* How many it took; the others are the caller's still. */
static u32 stock_give(enum zone_id zone, struct page **pages, u32 n)
{
    u32 given = 0;
    irqflags_t flags = spin_lock_irq_save(&zeroed_stock_lock);
    u32 have = zeroed_in_stock[zone];
    while (given < n && have < STOCK_MAX)
        stock[zone][have++] = pages[given++];
    WRITE_ONCE(zeroed_in_stock[zone], have);
    spin_unlock_irq_restore(&zeroed_stock_lock, flags);
    return given;
}

struct page *zeroed_take(enum zone_id zone)
{
    struct frame_cache *cache = &my_frames()->zeroed[zone];
    if (cache->n == 0) {
        struct page *batch[ZERO_BATCH];
        u32 n = stock_take(zone, batch, ZERO_BATCH); /* spins: the cache is looked at again only after it */
        if (n == 0)
            return NULL;
        assert(cache->n == 0);
        while (n > 0)
            cache_push(cache, batch[--n]);
    }
    return cache_pop(cache);
}

struct page *zeroed_steal(enum zone_id zone)
{
    struct page *page;
    return stock_take(zone, &page, 1) ? page : NULL;
}

static bool zero_some(enum zone_id zone)
{
    struct page *batch[ZERO_BATCH];
    u32 n, given;
    if (READ_ONCE(zeroed_in_stock[zone]) > STOCK_MAX - ZERO_BATCH)
        return false;
    /* Only out of plenty: with little left, whoever allocates clears for himself. */
    n = zone_take(&zones[zone], batch, ZERO_BATCH, 4 * zones[zone].reserve + 4 * STOCK_MAX);
    for (u32 i = 0; i < n; i++) {
        frame_check_poison(batch[i]);
        page_zero(batch[i]);
    }
    given = n ? stock_give(zone, batch, n) : 0;
    if (given < n)
        zone_give(&zones[zone], batch + given, n - given);
    return n > 0;
}

bool frames_zero_some(void)
{
    for (enum zone_id zone = ZONE_HIGH; zone > ZONE_DMA; zone--)
        if (zero_some(zone))
            return true;
    return false;
}

u32 zeroed_stock_count(void)
{
    return READ_ONCE(zeroed_in_stock[ZONE_NORMAL]) + READ_ONCE(zeroed_in_stock[ZONE_HIGH]);
}

void zeroed_stock_drain(void)
{
    for (enum zone_id zone = ZONE_NORMAL; zone < ZONES; zone++) {
        struct page *page;
        /* As many as there can be now: idle CPUs may fill it as fast as we give back. */
        for (u32 i = 0; i < STOCK_MAX && stock_take(zone, &page, 1); i++)
            zone_give_run(page, 1);
    }
}
