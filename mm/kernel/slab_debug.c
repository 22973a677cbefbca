/* Red zones, owners and poison of slab objects, in the test image. */
#include "mm/kernel/slab_debug.h"

#ifdef FL_TEST
#include "diag/assert.h"
#include "diag/panic.h"
#include "lib/string.h"
#include "sync/lockdep.h"

#define RED_ZONE    0x2ED20E5Du
#define STATE_FREE  0xF4EE0B1Eu
#define STATE_USED  0x05ED0B1Eu
#define POISON_BYTE 0x6B
#define POISON_MAX  256u /* of larger objects only the beginning, or tests would spend their time here */

struct trailer {
    u32 red_zone, state;
    vaddr_t owner; /* who allocated it last */
    u32 red_zone_2;
};
static_assert(sizeof(struct trailer) == SLAB_TRAILER, "the room that the stride leaves");

static struct trailer *trailer_of(const struct slab_internal *in, void *object)
{
    return (struct trailer *)((u8 *)object + in->stride - SLAB_TRAILER);
}

/* A constructed object must keep its contents while it is free. */
static u32 poison_bytes(const struct slab_internal *in)
{
    return in->cache->construct ? 0 : MIN((u32)in->cache->size, POISON_MAX);
}

static void check_red_zone(const struct slab_internal *in, void *object)
{
    struct trailer *t = trailer_of(in, object);
    const u8 *pad = (const u8 *)object + in->cache->size;
    for (; pad < (const u8 *)t; pad++)
        if (*pad != POISON_BYTE)
            panic("slab %s: object %p of %pS was written beyond its end", in->cache->name, object,
                  (void *)t->owner);
    if (t->red_zone != RED_ZONE || t->red_zone_2 != RED_ZONE)
        panic("slab %s: the red zone of object %p is overwritten", in->cache->name, object);
}

void slab_debug_new(struct slab_internal *in, void *object)
{
    *trailer_of(in, object) = (struct trailer){RED_ZONE, STATE_FREE, 0, RED_ZONE};
    memset((u8 *)object + in->cache->size, POISON_BYTE, in->stride - SLAB_TRAILER - in->cache->size);
    memset(object, POISON_BYTE, poison_bytes(in));
}

void slab_debug_alloc(struct slab_internal *in, void *object, vaddr_t ip)
{
    struct trailer *t = trailer_of(in, object);
    const u8 *byte = object;
    check_red_zone(in, object);
    assert(t->state == STATE_FREE);
    for (u32 i = 0; i < poison_bytes(in); i++)
        if (byte[i] != POISON_BYTE)
            panic("slab %s: object %p of %pS was written after its free, at +%u", in->cache->name, object,
                  (void *)t->owner, i);
    t->state = STATE_USED;
    t->owner = ip;
}

void slab_debug_free(struct slab_internal *in, void *object)
{
    struct trailer *t = trailer_of(in, object);
    check_red_zone(in, object);
    lockdep_check_freed(object, in->cache->size);
    if (t->state != STATE_USED)
        panic("slab %s: object %p of %pS is freed twice", in->cache->name, object, (void *)t->owner);
    t->state = STATE_FREE;
    memset(object, POISON_BYTE, poison_bytes(in));
}
#endif
