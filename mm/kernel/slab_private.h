/*
 * Inside the slab allocator. One slab is one directly mapped frame: a head, then objects of one size.
 *
 *     | head: cache, bitmap of free objects | object | object | object | ...
 *
 * The way of an object: slab (bitmap, cache's lock) -> this CPU's magazine (interrupts off) -> in use. A hit
 * in the magazine writes this CPU's lines only. The bitmap is in the head, not in the objects, so that a free
 * object keeps what its constructor made.
 *
 * Key: (s) the cache's lock, RANK_SLAB, interrupts off; (p) its own CPU's, interrupts off; (c) constant.
 */
#pragma once
#include "lib/list.h"
#include "mm/kernel/slab.h"

#define MAGAZINE_MAX   30u
#define MAGAZINE_BATCH 15u

struct magazine {
    u32 n;
    void *object[MAGAZINE_MAX];
    u32 misses; /* times that it was empty or full, for the report */
};
/* Its own CPU's, interrupts off, and the caller knows that there is room, or an object. Marked, since
 * slab_reap() of any CPU looks at the number. */
static inline void magazine_push(struct magazine *magazine, void *object)
{
    u32 n = magazine->n;

    WRITE_ONCE(magazine->n, n + 1);
    magazine->object[n] = object;
}
static inline void *magazine_pop(struct magazine *magazine)
{
    u32 n = magazine->n - 1;

    WRITE_ONCE(magazine->n, n);
    return magazine->object[n];
}
static_assert(sizeof(struct magazine) == 128, "two cache lines, shared with nobody");

struct slab_internal {
    struct spinlock lock;
    struct slab_cache *cache;   /* (c) */
    u32 stride, per_slab;       /* (c) bytes from one object to the next; objects in a slab */
    struct list partial;        /* (s) slabs with a free object */
    struct slab *empty;         /* (s) one slab wholly free is kept for the next burst; not in partial */
    u32 slabs;                  /* (s) */
    u32 in_slabs;               /* (s) free objects in slabs; those in magazines are apart */
    struct slab_internal *next; /* (c) all caches, newest first */
    struct magazine *magazine[MAX_CPUS]; /* (p) NULL until the CPU's first use */
};
extern struct slab_internal *slab_all; /* load_acquire; only grows */

#define SLAB_MAGIC 0x51AB51ABu
struct slab {
    u32 magic;
    struct slab_internal *internal; /* (c) */
    struct list link;               /* (s) in partial, else pointing at itself */
    u32 n_free;                     /* (s) */
    u32 free[8];                    /* (s) a set bit is a free object */
} aligned_to(64);
#define SLAB_SPACE (PAGE_SIZE - sizeof(struct slab))
static_assert(sizeof(struct slab) == 64, "the head of a slab is one cache line");

/* ---- mm/kernel/slab_setup.c ---- */
/* The cache's inner half, made if need be; NULL: no memory. Any context. */
struct slab_internal *slab_setup(struct slab_cache *cache);
/* This CPU's magazine, made if need be; NULL: no memory. Interrupts off. */
struct magazine *slab_magazine(struct slab_internal *in);

/* ---- mm/kernel/slab_pages.c; any context ---- */
/* Up to `most` free objects out of the slabs there are. */
u32 slab_take(struct slab_internal *in, void **objects, u32 most);
void slab_give(struct slab_internal *in, void **objects, u32 n);
/* A new slab for the cache; false: no memory. */
must_check bool slab_grow(struct slab_internal *in, unsigned gfp);
/* Gives back the empty slab that was kept. */
void slab_drop_empty(struct slab_internal *in);
static inline struct slab *slab_of(const void *object)
{
    return (struct slab *)ALIGN_DOWN((uintptr_t)object, (uintptr_t)PAGE_SIZE);
}
