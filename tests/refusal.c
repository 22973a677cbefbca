/* What is in use before and after a test in which an allocation is refused: see tests/refusal.h. */
#include "tests/refusal.h"
#include "arch/atomic.h"
#include "diag/bootwords.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sync/rcu.h"
#include "tests/test.h"

static u32 refuse;
BOOT_NUMBER(refuse, "the Nth allocation of each test is refused, once (test image; 0: none)", &refuse);

static vaddr_t refuse_asked_by;
static bool on; /* some refusal was asked for: tests are watched */
static struct in_use {
    u32 frames, objects, pages;
} before;
static u32 leaked;
static bool happened;
static u32 asked;
static vaddr_t places[PLACES_MAX];
static u32 place_count;
static atomic_t excused;

void refusal_choose(u32 nth, vaddr_t asked_by)
{
    refuse = nth;
    refuse_asked_by = asked_by;
    on = true;
}

bool refusal_wanted(void)
{
    return on || refuse;
}

static struct in_use count_in_use(void)
{
    rcu_drain();
    kvalloc_purge();
    slab_reap();
    return (struct in_use){frames_users(), slab_objects_in_use(), kv_pages_in_use()};
}

void refusal_begin(void)
{
    on |= refuse != 0;
    if (!on)
        return;
    before = count_in_use();
    atomic_set(&excused, 0);
    alloc_refuse(refuse, refuse_asked_by);
}

static u32 missing(u32 had, u32 has)
{
    return has > had ? has - had : had - has;
}

void refusal_end(void)
{
    if (!on)
        return;
    asked = alloc_refuse_count();
    place_count = alloc_sites_of_round(places, PLACES_MAX);
    happened = alloc_refused();
    alloc_refuse(0, 0);
    struct in_use after = count_in_use();
    leaked = missing(before.frames, after.frames) + missing(before.objects, after.objects) +
             missing(before.pages, after.pages);
    if (leaked)
        test_fail(__FILE__, __LINE__,
                  "leaked: in use were %u frames, %u objects, %u pages of the window; are %u, %u, %u",
                  before.frames, before.objects, before.pages, after.frames, after.objects, after.pages);
}

bool refusal_happened(void)
{
    return happened;
}
u32 refusal_places(vaddr_t copy[PLACES_MAX])
{
    memcpy(copy, places, place_count * sizeof places[0]);
    return place_count;
}
u32 refusal_asked(void)
{
    return asked;
}
u32 refusal_leaked(void)
{
    return leaked;
}

void refusal_pause(void)
{
    alloc_refuse_pause(true);
}
void refusal_resume(void)
{
    alloc_refuse_pause(false);
}

bool refusal_excuses_null(void)
{
    return alloc_refused() && atomic_cmpxchg(&excused, 0, 1);
}
bool refusal_excuses(int error)
{
    return (error == -ENOMEM || error == -EFAULT) && refusal_excuses_null();
}
