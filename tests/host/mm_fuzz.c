/* S07, S14, S19: a bounded run of what `make fuzz` does without end, so that the scripts never rot. */
#include "lib/random.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "tests/host/fuzz/range_script.h"
#include "tests/test.h"

#define SCRIPT_BYTES 2048u
#define SCRIPTS      200u

static void random_bytes(struct random *rnd, u8 *bytes, u32 n)
{
    for (u32 i = 0; i < n; i++)
        bytes[i] = (u8)random_next(rnd);
}

TEST(s19_fuzz_range, .shows = "random scripts of the range engine agree with a bitmap after every step")
{
    static u8 script[SCRIPT_BYTES];
    struct random rnd;
    u32 steps = 0;

    random_seed(&rnd, 1907);
    for (u32 i = 0; i < SCRIPTS; i++) {
        random_bytes(&rnd, script, sizeof script);
        steps += range_script_run(script, sizeof script);
    }
    test_note("%u scripts, %u steps", SCRIPTS, steps);
}

/* ---- the allocators on the simulated machine, refusals included ---- */

#define HELD 64u
static struct held {
    void *p;
    enum { NOTHING, BY_KVALLOC, BY_KMALLOC, BY_PAGE } how;
} held[HELD];

static void give(struct held *h)
{
    if (h->how == BY_KVALLOC)
        kvfree(h->p);
    else if (h->how == BY_KMALLOC)
        kfree(h->p);
    else if (h->how == BY_PAGE)
        page_put(h->p);
    h->how = NOTHING;
}

static void take(struct held *h, const u8 b[4])
{
    switch (b[0] % 3) {
    case 0:
        h->p = kvalloc(1 + b[2] * 150u, "fuzz", (b[3] & 1) ? KV_ZERO : 0);
        h->how = h->p ? BY_KVALLOC : NOTHING;
        break;
    case 1:
        h->p = kmalloc(1 + b[2] * (1 + (b[3] & 31)), (b[3] & 32) ? GFP_ATOMIC : GFP_KERNEL);
        h->how = h->p ? BY_KMALLOC : NOTHING;
        break;
    default:
        h->p = page_alloc(((b[3] & 1) ? GFP_USER : GFP_KERNEL) | ((b[3] & 2) ? GFP_ZERO : 0));
        h->how = h->p ? BY_PAGE : NOTHING;
    }
}

TEST(s14_fuzz_allocators,
     .shows = "random scripts of kvalloc, kmalloc and frames, with refusals in between, leak nothing")
{
    struct random rnd;
    u8 b[4];

    kvalloc_purge();
    slab_reap();
    u32 before = frames_users();
    random_seed(&rnd, 1914);
    for (u32 op = 0; op < 6000; op++) {
        random_bytes(&rnd, b, sizeof b);
        struct held *h = &held[b[1] % HELD];
        if (op % 8 == 0)
            alloc_fail_nth(1 + b[3] % 4);
        if (h->how != NOTHING)
            give(h);
        else
            take(h, b);
        if (op % 1000 == 0)
            check(kv_check());
    }
    alloc_fail_nth(0);
    for (u32 i = 0; i < HELD; i++)
        give(&held[i]);
    kvalloc_purge();
    slab_reap();
    check(kv_check());
    check_eq(frames_users(), before);
}
