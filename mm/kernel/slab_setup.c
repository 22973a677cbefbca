/*
 * The allocator's own memory: inner halves of caches and magazines, made on first use and never given back,
 * because a cache is a file-scope variable. They come from frames that leave the count of memory
 * (page_reserve), so that a leak check does not see a cache's first use.
 *
 * Key: (u) setup_lock; (c) constant.
 */
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/frame/frames.h"
#include "mm/kernel/slab_debug.h"

struct slab_internal *slab_all;
DEFINE_SPINLOCK(slab_setup_lock, SLAB);
static u8 *room;      /* (u) */
static u32 room_left; /* (u) */

/* Zeroed, cache-line aligned. With setup_lock held, hence GFP_ATOMIC. */
static void *meta_alloc(u32 bytes)
{
    bytes = ALIGN_UP(bytes, 64u);
    assert(bytes <= PAGE_SIZE);
    if (room_left < bytes) {
        frames_move_begin();
        struct page *page = page_alloc(GFP_ATOMIC | GFP_ZERO);
        if (page)
            page_reserve(page);
        frames_move_end();
        if (!page)
            return NULL;
        room = page_address(page);
        room_left = PAGE_SIZE;
    }
    void *p = room;
    room += bytes;
    room_left -= bytes;
    return p;
}

static struct slab_internal *make_internal(struct slab_cache *cache)
{
    struct slab_internal *in = meta_alloc(sizeof(*in));
    if (!in)
        return NULL;
    u32 align = MAX((u32)cache->align, 4u);
    assert((align & (align - 1)) == 0 && align <= 64);
    spinlock_init(&in->lock, "slab", SLAB);
    list_init(&in->partial);
    in->cache = cache;
    in->stride = ALIGN_UP((u32)ALIGN_UP(cache->size, (size_t)4) + SLAB_TRAILER, align);
    in->per_slab = MIN(SLAB_SPACE / in->stride, 256u);
    assert(in->per_slab > 0);
    in->next = slab_all;
    store_release(&slab_all, in);
    return in;
}

struct slab_internal *slab_setup(struct slab_cache *cache)
{
    irqflags_t flags = spin_lock_irq_save(&slab_setup_lock);
    struct slab_internal *in = cache->internal; /* another CPU may have been first */
    if (!in && (in = make_internal(cache)))
        store_release(&cache->internal, in);
    spin_unlock_irq_restore(&slab_setup_lock, flags);
    return in;
}

struct magazine *slab_magazine(struct slab_internal *in)
{
    struct magazine **mine = &in->magazine[cpu_id()];
    if (unlikely(!*mine)) {
        spin_lock(&slab_setup_lock);
        store_release(mine,
                      (struct magazine *)meta_alloc(sizeof(struct magazine))); /* slab_reap() looks in */
        spin_unlock(&slab_setup_lock);
    }
    return *mine;
}
