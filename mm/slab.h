/* Slab caches of equal objects, per-CPU magazines over page-sized slabs; kmalloc on top for odd sizes. */
#pragma once
#include "mm/page.h"

struct slab_cache {
    const char *name;
    size_t size, align;
    void (*construct)(void *object);
    struct slab_internal *internal; /* made on first use */
};
/* File-scope cache: DEFINE_SLAB(vma_cache, struct vma, NULL); */
#define DEFINE_SLAB(ident, type, ctor)                                                                       \
    static struct slab_cache ident = {.name = #ident, .size = sizeof(type), .align = _Alignof(type), .construct = ctor}
void *slab_alloc(struct slab_cache *cache, unsigned gfp); /* NULL when no memory; contents as constructed or last freed */
void slab_free(struct slab_cache *cache, void *object);
void *kmalloc(size_t size, unsigned gfp);                 /* up to 64 KiB; directly mapped */
void kfree(void *p);
void slab_init(void);
u32 slab_pages_in_use(void);
void slab_report(void (*line)(void *ctx, const char *text), void *ctx);
/* Gives back all empty slabs and magazines (leak checks call it before counting). */
void slab_reap(void);
