/* kmalloc: slab caches for sizes up to half a page, whole frames above. */
#include "diag/assert.h"
#include "mm/frame/reclaim.h"
#include "mm/kernel/slab_private.h"

/* Each fills a slab well: SLAB_SPACE (4032) over a whole number of objects, in steps of 16. */
#define CLASSES(C)  C(32) C(64) C(96) C(128) C(192) C(256) C(336) C(448) C(576) C(672) C(1008) C(1344) C(2016)
#define CLASS_MAX   2016u
#define KMALLOC_MAX (64u << 10)

static struct slab_cache classes[] = {
#define C(bytes) {.name = "kmalloc-" #bytes, .size = bytes, .align = 16},
    CLASSES(C)
#undef C
};
static u8 class_of[CLASS_MAX / 16 + 1]; /* (c) by size rounded up to 16 */

static struct reclaimer slab_reclaimer = {.name = "slab", .give_back = slab_reap};

init_text void slab_init(void)
{
    for (u32 units = 0, class = 0; units < ARRAY_SIZE(class_of); units++) {
        if (units * 16 > classes[class].size)
            class ++;
        class_of[units] = (u8) class;
    }
    assert(class_of[ARRAY_SIZE(class_of) - 1] == ARRAY_SIZE(classes) - 1);
    reclaim_register(&slab_reclaimer);
}

/* A whole frame or more: the frame remembers how many, and the address is page aligned as no slab object's
 * is. */
static void *alloc_frames(size_t size, unsigned gfp)
{
    u32 count = (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    gfp &= ~GFP_USER; /* must be directly mapped */
    struct page *page = count == 1 ? page_alloc(gfp) : page_alloc_range(count, 1, DIRECT_LIMIT_PFN, 0, gfp);
    if (!page)
        return NULL;
    page_set_private(page, count);
    return page_address(page);
}

void *kmalloc(size_t size, unsigned gfp)
{
    assert(size > 0 && size <= KMALLOC_MAX);
    if (unlikely(size > CLASS_MAX || (gfp & GFP_DMA)))
        return alloc_frames(size, gfp);
    return slab_alloc(&classes[class_of[(size + 15) / 16]], gfp);
}

void kfree(void *p)
{
    if (!p)
        return;
    if ((uintptr_t)p & (PAGE_SIZE - 1)) {
        struct slab *slab = slab_of(p);
        assert(slab->magic == SLAB_MAGIC);
        slab_free(slab->internal->cache, p);
        return;
    }
    struct page *page = page_of(direct_to_phys(p) >> PAGE_SHIFT);
    u32 count = page_private(page);
    assert(count > 0 && count <= KMALLOC_MAX / PAGE_SIZE);
    if (count == 1)
        page_put(page);
    else
        page_put_range(page, count);
}
