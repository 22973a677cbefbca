/* Slab caches and kmalloc (row S16). */
#include "lib/random.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/kernel/slab.h"
#include "tests/test.h"

struct thing {
    u32 constructed, id, body[10];
};
static u32 constructions;
static void construct(void *object)
{
    struct thing *thing = object;
    thing->constructed = 0xC0457;
    constructions++;
}
DEFINE_SLAB(thing_cache, struct thing, construct);

TEST(s16_slab_objects,
     .shows = "objects are distinct, keep what their constructor made, and all frames come back")
{
    static struct thing *things[1000];
    slab_reap();
    u32 pages = slab_pages_in_use();
    for (u32 round = 0; round < 20 && !test_failed(); round++) {
        for (u32 i = 0; i < ARRAY_SIZE(things); i++) {
            things[i] = slab_alloc(&thing_cache, GFP_KERNEL);
            check(things[i] && things[i]->constructed == 0xC0457);
            things[i]->id = i;
        }
        for (u32 i = 0; i < ARRAY_SIZE(things); i++) {
            check_eq(things[i]->id, i);
            slab_free(&thing_cache, things[i]);
        }
    }
    slab_reap();
    check_eq(slab_pages_in_use(), pages);
    check(constructions < 20 * ARRAY_SIZE(things)); /* freed objects were used again without it */
}

#define LIVE 300u
TEST(s16_kmalloc_sizes, .shows = "every size up to 64 KiB is served, aligned, and not overlapped by another")
{
    static struct {
        u8 *p;
        u32 size;
        u8 fill;
    } live[LIVE];
    struct random rnd;
    u32 before = frames_in_use() - slab_pages_in_use();
    random_seed(&rnd, 16);
    memset(live, 0, sizeof(live));
    for (u32 op = 0; op < 8000 && !test_failed(); op++) {
        u32 i = random_below(&rnd, LIVE);
        if (live[i].p) {
            check(live[i].p[0] == live[i].fill && live[i].p[live[i].size - 1] == live[i].fill);
            kfree(live[i].p);
            live[i].p = NULL;
            continue;
        }
        live[i].size = 1 + random_below(&rnd, random_below(&rnd, 50) ? 2100 : 65536);
        live[i].p = kmalloc(live[i].size, GFP_KERNEL);
        if (!live[i].p)
            continue;
        check(((uintptr_t)live[i].p & 15) == 0 &&
              (live[i].size < PAGE_SIZE || ((uintptr_t)live[i].p & 4095) == 0));
        live[i].fill = (u8)op;
        memset(live[i].p, live[i].fill, live[i].size);
    }
    for (u32 i = 0; i < LIVE; i++)
        kfree(live[i].p);
    slab_reap();
    check_eq(frames_in_use() - slab_pages_in_use(), before);
}

TEST(s14_slab_no_memory, .shows = "a failed allocation returns NULL and leaves the cache as it was")
{
    slab_reap();
    u32 pages = slab_pages_in_use();
    for (u32 nth = 1; nth <= 2; nth++) { /* the object itself, then the frame of a new slab */
        alloc_fail_nth(nth);
        void *object = slab_alloc(&thing_cache, GFP_KERNEL);
        alloc_fail_nth(0);
        check(!object);
        check_eq(slab_pages_in_use(), pages);
    }
    void *zeroed = kmalloc(100, GFP_KERNEL | GFP_ZERO);
    for (u32 i = 0; zeroed && i < 100; i++)
        check_eq(((u8 *)zeroed)[i], 0);
    kfree(zeroed);
}
