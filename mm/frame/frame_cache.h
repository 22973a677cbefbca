/*
 * Per-CPU caches of single frames, NORMAL and HIGH, plain and zeroed. mm/frame*.c only.
 *
 * Key: (p) its own CPU's, interrupts off, since page_put is legal in interrupt handlers. While its CPU spins
 * for a zone's lock, a cross-call may empty a cache (frames_drain_caches): no index survives such a spin.
 */
#pragma once
#include "mm/frame/frame_zone.h"

#define CACHE_BATCH 64u
#define CACHE_MAX   128u
#define ZERO_BATCH  16u

struct frame_cache {
    u32 n;                        /* (p) others read it for statistics */
    struct page *page[CACHE_MAX]; /* (p) the last one in is the warmest */
};
struct cpu_frames {
    struct frame_cache plain[ZONES];  /* (p) ZONE_DMA's stays empty: those frames go straight home */
    struct frame_cache zeroed[ZONES]; /* (p) at most ZERO_BATCH each */
};
extern PERCPU(struct cpu_frames, cpu_frames);

/* This CPU's frames. Interrupts off. */
static inline struct cpu_frames *my_frames(void)
{
    return &this_cpu(cpu_frames);
}

/* The last frame in, or NULL. Interrupts off. */
static inline struct page *cache_pop(struct frame_cache *cache)
{
    u32 n = cache->n;

    if (n == 0)
        return NULL;
    WRITE_ONCE(cache->n, n - 1); /* statistics look on */
    return cache->page[n - 1];
}
/* The caller knows that there is room. Interrupts off. */
static inline void cache_push(struct frame_cache *cache, struct page *page)
{
    u32 n = cache->n;

    WRITE_ONCE(cache->n, n + 1);
    cache->page[n] = page;
}

/* A frame with 0 references out of this CPU's cache of the zone, refilled if need be; NULL: the zone is at
 * its floor. Interrupts off. */
struct page *cache_take(enum zone_id zone, unsigned gfp);
/* Where cache_give() finds no room, and for zones without a cache. */
void cache_give_slow(struct page *page);

/* Interrupts off. */
static inline void cache_give(struct page *page)
{
    enum zone_id zone = page_zone(page);
    struct frame_cache *cache = &my_frames()->plain[zone];
    if (likely(zone != ZONE_DMA && cache->n < CACHE_MAX))
        cache_push(cache, page);
    else
        cache_give_slow(page);
}

/* The same for a frame of zeroes; false, and nothing done, where there is no room for one as such. Interrupts
 * off. */
static inline bool cache_give_zeroed(struct page *page)
{
    enum zone_id zone = page_zone(page);
    struct frame_cache *cache = &my_frames()->zeroed[zone];
    if (unlikely(zone == ZONE_DMA || cache->n >= ZERO_BATCH))
        return false;
    cache_push(cache, page);
    return true;
}

/* Frames that the stock of the zone has: a hint, to be had without its lock. */
extern u32 zeroed_in_stock[ZONES];
static inline bool zeroed_at_hand(enum zone_id zone)
{
    return READ_ONCE(zeroed_in_stock[zone]) != 0;
}
/* mm/frame/frame_zeroed.c: frames that an idle CPU has zeroed. Interrupts off; NULL when there is none at
 * hand. */
struct page *zeroed_take(enum zone_id zone);
/* One of the stock for want of any other. Any context. */
struct page *zeroed_steal(enum zone_id zone);
u32 zeroed_stock_count(void);
void zeroed_stock_drain(void);
