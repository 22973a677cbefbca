/*
 * Zones: the free frames that no CPU has cached. mm/frame*.c only.
 *
 * Key: (z) the zone's lock, RANK_ZONE, interrupts off; (c) constant after boot.
 */
#pragma once
#include "mm/frame/page_private.h"

struct zone {
    struct spinlock lock;
    struct range_set free; /* (z) */
    u32 free_frames;       /* (z) to write; READ_ONCE elsewhere: a hint */
    u32 frames;            /* (z) all that were ever given to it */
    pfn_t first, end;      /* (c) */
    u32 reserve;           /* (c) frames that only a privileged request may take the zone below */
} cacheline_aligned;
extern struct zone zones[ZONES];

/* The zones that may serve `gfp`, best first, ended by ZONES. */
static inline const enum zone_id *zone_order(unsigned gfp)
{
    extern const enum zone_id zone_order_dma[], zone_order_kernel[], *zone_order_user;
    return (gfp & GFP_DMA) ? zone_order_dma : (gfp & GFP_USER) ? zone_order_user : zone_order_kernel;
}
/* How many frames `gfp` must leave in the zone. */
u32 zone_floor(const struct zone *zone, unsigned gfp);

/* Fills `pages` with up to `most` frames whose references are still 0; returns how many. Any context. */
u32 zone_take(struct zone *zone, struct page **pages, u32 most, u32 floor);
/* Gives frames of the zone back, each with 0 references, under one hold of its lock. Any context. Frames that
 * were taken as a run and come back in order, or in reverse, are joined before the tree sees them. */
void zone_give(struct zone *zone, struct page **pages, u32 n);
void zone_give_run(struct page *first, u32 count); /* contiguous, within one zone */
must_check bool zone_take_range(struct zone *zone, const struct range_request *request, u32 floor,
                                pfn_t *first);
must_check bool zone_take_this(struct zone *zone, pfn_t pfn);
void zones_init(void);
/* All frames are in: sets the reserves, and leaves a HIGH zone that has none out of the users' order. */
void zones_ready(void);
