/* Slab caches of equal objects, per-CPU magazines over page-sized slabs; kmalloc on top for odd sizes. */
#pragma once
#include "mm/frame/page.h"

struct slab_cache {
    const char *name;
    size_t size, align;
    void (*construct)(void *object);
    struct slab_internal *internal; /* made on first use */
};
/* File-scope cache: DEFINE_SLAB(vma_cache, struct vma, NULL); */
#define DEFINE_SLAB(ident, type, ctor)                                                                       \
    static struct slab_cache ident = {                                                                       \
        .name = #ident, .size = sizeof(type), .align = _Alignof(type), .construct = ctor}
/* NULL when no memory. Contents: zero with GFP_ZERO; else, with a constructor, as constructed or last freed;
 * else undefined. Sleeps unless GFP_ATOMIC. At most SLAB_SPACE (mm/kernel/slab_private.h) bytes, alignment at
 * most 64. */
void *slab_alloc(struct slab_cache *cache, unsigned gfp);
void slab_free(struct slab_cache *cache, void *object); /* any context */
/* Up to 64 KiB, directly mapped, 16-byte aligned; a page or more is page aligned. Sleeps unless GFP_ATOMIC.
 */
void *kmalloc(size_t size, unsigned gfp);
void kfree(void *p); /* any context; NULL is allowed */
void slab_init(void);
u32 slab_pages_in_use(void);
/* Objects that somebody has, of all caches; exact right after slab_reap() while nobody allocates. */
u32 slab_objects_in_use(void);
void slab_report(void (*line)(void *ctx, const char *text), void *ctx);
/* Gives back all empty slabs and magazines (leak checks call it before counting). Waits for the other CPUs;
 * no spinlock held. */
void slab_reap(void);
