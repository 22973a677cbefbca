/* Each step is four bytes: what to do, to which of the things held, and two numbers. */
#include "tests/host/fuzz/allocator_script.h"
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"

#define HELD 64u

enum how { NOTHING, BY_PAGE, BY_RANGE, BY_KVALLOC, BY_KMALLOC };
static struct held {
    enum how how;
    void *p;
    u32 bytes; /* what is there to be written; frames of a range: their number */
} held[HELD];

/* ---- what is written into each thing, and must still be there when it is given back ---- */

static void write_mark(u8 *p, u32 bytes, u32 i)
{
    p[0] = (u8)(0xA0 + i);
    p[bytes - 1] = (u8)(0xA0 + i);
}
static void check_mark(const u8 *p, u32 bytes, u32 i)
{
    assert(p[0] == (u8)(0xA0 + i) && p[bytes - 1] == (u8)(0xA0 + i)); /* somebody else has it, too */
}

static void mark_frame(struct page *page, u32 i, bool check_it)
{
    u8 *p = page_map(page);
    if (check_it)
        check_mark(p, PAGE_SIZE, i);
    else
        write_mark(p, PAGE_SIZE, i);
    page_unmap(p);
}

static void mark(struct held *h, bool check_it)
{
    u32 i = (u32)(h - held);
    u32 frames = h->how == BY_RANGE ? h->bytes : h->how == BY_PAGE ? 1 : 0;

    for (u32 f = 0; f < frames; f++)
        mark_frame(page_of(page_pfn(h->p) + f), i, check_it);
    if (!frames && check_it)
        check_mark(h->p, h->bytes, i);
    else if (!frames)
        write_mark(h->p, h->bytes, i);
}

/* ---- steps ---- */

static void take_frame(struct held *h, const u8 b[4])
{
    unsigned gfp =
        ((b[3] & 1) ? GFP_USER : GFP_KERNEL) | ((b[3] & 2) ? GFP_ZERO : 0) | ((b[3] & 4) ? GFP_ATOMIC : 0);
    struct page *page = (b[3] & 8) ? page_claim(b[2] * 16u + (b[3] >> 4)) : page_alloc(gfp);

    h->p = page;
    h->how = page ? BY_PAGE : NOTHING;
    if (!page)
        return;
    assert(page_refs(page) == 1);
    if (!(b[3] & 8) && (gfp & GFP_ZERO)) {
        const u8 *p = page_map(page);
        assert(p[0] == 0 && p[PAGE_SIZE / 2] == 0 && p[PAGE_SIZE - 1] == 0);
        page_unmap(p);
    }
}

static void take_range(struct held *h, const u8 b[4])
{
    u32 count = 1 + b[2] % 40, align = 1u << (b[3] & 7), boundary = (b[3] & 8) ? 64 : 0;
    pfn_t below = (b[3] & 16) ? DMA_LIMIT_PFN : DIRECT_LIMIT_PFN;

    h->p = page_alloc_range(count, align, below, boundary, (b[3] & 32) ? GFP_DMA : GFP_KERNEL);
    h->how = h->p ? BY_RANGE : NOTHING;
    h->bytes = count;
    if (!h->p)
        return;
    pfn_t first = page_pfn(h->p);
    assert(first % align == 0 && first + count <= below);
    assert(!boundary || first / boundary == (first + count - 1) / boundary);
}

static void take_window(struct held *h, const u8 b[4])
{
    size_t align = (size_t)PAGE_SIZE << (b[3] & 7);

    h->bytes = 1 + b[2] * 150u;
    h->p = (b[3] & 16) ? kvalloc_aligned(h->bytes, align, "fuzz", 0)
                       : kvalloc(h->bytes, "fuzz", (b[3] & 8) ? KV_ZERO : 0);
    h->how = h->p ? BY_KVALLOC : NOTHING;
    if (!h->p)
        return;
    vaddr_t va = (vaddr_t)(uintptr_t)h->p, end = ALIGN_UP(va + h->bytes, PAGE_SIZE);
    assert(!pte_present(kernel_pte_get(va - PAGE_SIZE)) && !pte_present(kernel_pte_get(end)));
    assert(!(b[3] & 16) || va % align == 0);
}

static void take_object(struct held *h, const u8 b[4])
{
    h->bytes = 1 + b[2] * (1u + (b[3] & 31));
    h->p = kmalloc(h->bytes, ((b[3] & 32) ? GFP_ATOMIC : GFP_KERNEL) | ((b[3] & 64) ? GFP_ZERO : 0));
    h->how = h->p ? BY_KMALLOC : NOTHING;
    assert(!h->p || !(b[3] & 64) || (((u8 *)h->p)[0] == 0 && ((u8 *)h->p)[h->bytes - 1] == 0));
}

static void take(struct held *h, const u8 b[4], u32 which)
{
    if ((which & SCRIPT_FRAMES) && b[0] % 3 == 0)
        (b[0] & 8) ? take_range(h, b) : take_frame(h, b);
    else if ((which & SCRIPT_KVALLOC) && b[0] % 3 != 2)
        take_window(h, b);
    else if (which & SCRIPT_SLAB)
        take_object(h, b);
    else
        take_frame(h, b);
    if (h->how != NOTHING)
        mark(h, false);
}

static void give(struct held *h)
{
    if (h->how == NOTHING)
        return;
    mark(h, true);
    switch (h->how) {
    case BY_PAGE:
        page_put(h->p);
        break;
    case BY_RANGE:
        page_put_range(h->p, h->bytes);
        break;
    case BY_KVALLOC:
        kvfree(h->p);
        break;
    default:
        kfree(h->p);
    }
    h->how = NOTHING;
}

/* Rare steps: stocks are emptied in the middle, and the next allocations refused. */
static void disturb(const u8 b[4])
{
    switch (b[1] % 4) {
    case 0:
        kvalloc_purge();
        break;
    case 1:
        slab_reap();
        break;
    case 2:
        frames_drain_caches();
        break;
    default:
        alloc_fail_nth(1 + b[3] % 6);
    }
}

static u32 in_use(void)
{
    alloc_fail_nth(0);
    kvalloc_purge();
    slab_reap();
    assert(kv_check());
    return frames_users();
}

u32 allocator_script_run(const u8 *bytes, size_t n, u32 which)
{
    u32 steps = 0, before = in_use(), objects = slab_objects_in_use();

    for (; n >= 4; n -= 4, bytes += 4, steps++) {
        struct held *h = &held[bytes[1] % HELD];
        if (bytes[0] >= 248)
            disturb(bytes);
        else if (h->how != NOTHING)
            give(h);
        else
            take(h, bytes, which);
    }
    for (u32 i = 0; i < HELD; i++)
        give(&held[i]);
    assert(in_use() == before);
    assert(slab_objects_in_use() == objects);
    return steps;
}
