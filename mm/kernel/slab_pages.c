/* Slabs: frames cut into objects. */
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/frame/frames.h"
#include "mm/kernel/slab_debug.h"

static atomic_t pages_in_use;

static inline void *first_object(struct slab *slab)
{
    return slab + 1;
}

static void *take_from(struct slab_internal *in, struct slab *slab)
{
    u32 word = 0;
    while (slab->free[word] == 0)
        word++;
    assert(word < ARRAY_SIZE(slab->free));
    u32 bit = (u32)__builtin_ctz(slab->free[word]);
    slab->free[word] &= ~(1u << bit);
    slab->n_free--;
    in->in_slabs--;
    return (u8 *)first_object(slab) + (word * 32 + bit) * in->stride;
}

u32 slab_take(struct slab_internal *in, void **objects, u32 most)
{
    u32 got = 0;
    irqflags_t flags = spin_lock_irq_save(&in->lock);
    while (got < most) {
        struct slab *slab = list_first(&in->partial, struct slab, link);
        if (!slab && (slab = in->empty)) {
            in->empty = NULL;
            list_push_front(&in->partial, &slab->link);
        }
        if (!slab)
            break;
        while (got < most && slab->n_free > 0)
            objects[got++] = take_from(in, slab);
        if (slab->n_free == 0)
            list_remove(&slab->link); /* a full slab is on no list: its objects lead back to it */
    }
    spin_unlock_irq_restore(&in->lock, flags);
    return got;
}

static void free_slab(struct slab *slab)
{
    slab->magic = 0;
    frames_move_begin();
    atomic_dec(&pages_in_use);
    page_put(page_of(direct_to_phys(slab) >> PAGE_SHIFT));
    frames_move_end();
}

/* One object back into its slab; the slab, if it is to be freed. */
static struct slab *put_into(struct slab_internal *in, void *object)
{
    struct slab *slab = slab_of(object);
    u32 offset = (u32)((u8 *)object - (u8 *)first_object(slab)), index = offset / in->stride;
    assert(slab->magic == SLAB_MAGIC && slab->internal == in);    /* not of this cache */
    assert(index < in->per_slab && index * in->stride == offset); /* not the start of an object */
    assert(!(slab->free[index / 32] & (1u << (index % 32))));     /* freed twice */
    slab->free[index / 32] |= 1u << (index % 32);
    in->in_slabs++;
    if (++slab->n_free == 1)
        list_push_front(&in->partial, &slab->link);
    if (slab->n_free < in->per_slab)
        return NULL;
    list_remove(&slab->link);
    if (!in->empty) {
        in->empty = slab;
        return NULL;
    }
    in->slabs--;
    in->in_slabs -= in->per_slab;
    return slab;
}

void slab_give(struct slab_internal *in, void **objects, u32 n)
{
    struct slab *dead[MAGAZINE_MAX];
    u32 deaths = 0;
    assert(n <= MAGAZINE_MAX);
    irqflags_t flags = spin_lock_irq_save(&in->lock);
    for (u32 i = 0; i < n; i++) {
        struct slab *slab = put_into(in, objects[i]);
        if (slab)
            dead[deaths++] = slab;
    }
    spin_unlock_irq_restore(&in->lock, flags);
    while (deaths > 0)
        free_slab(dead[--deaths]);
}

void slab_drop_empty(struct slab_internal *in)
{
    irqflags_t flags = spin_lock_irq_save(&in->lock);
    struct slab *slab = in->empty;
    in->empty = NULL;
    if (slab) {
        in->slabs--;
        in->in_slabs -= in->per_slab;
    }
    spin_unlock_irq_restore(&in->lock, flags);
    if (slab)
        free_slab(slab);
}

/* No lock is held while the frame is allocated and its objects constructed: nobody knows of it yet. */
bool slab_grow(struct slab_internal *in, unsigned gfp)
{
    frames_move_begin();
    struct page *page = page_alloc(gfp & GFP_ATOMIC);
    if (page)
        atomic_inc(&pages_in_use);
    frames_move_end();
    if (!page)
        return false;
    struct slab *slab = page_address(page);
    *slab = (struct slab){.magic = SLAB_MAGIC, .internal = in, .n_free = in->per_slab};
    list_init(&slab->link);
    for (u32 i = 0; i < in->per_slab; i++) {
        void *object = (u8 *)first_object(slab) + i * in->stride;
        slab->free[i / 32] |= 1u << (i % 32);
        slab_debug_new(in, object);
        if (in->cache->construct)
            in->cache->construct(object);
    }
    irqflags_t flags = spin_lock_irq_save(&in->lock);
    list_push_back(&in->partial, &slab->link);
    in->slabs++;
    in->in_slabs += in->per_slab;
    spin_unlock_irq_restore(&in->lock, flags);
    return true;
}

u32 slab_pages_in_use(void)
{
    return (u32)atomic_read(&pages_in_use);
}
