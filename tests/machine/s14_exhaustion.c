/* S14: with no address or no frame left every allocator says NULL, and when some come back all goes on. */
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "tests/scenario.h"

#define CHUNK  (8u << 20)
#define CHUNKS ((KWINDOW_END - KWINDOW_BASE) / CHUNK)

static void do_nothing(void *arg) {}

/* What must work whenever there is memory: a task, an address space, a mapping, a fault. */
static void check_alive(void)
{
    struct scene *s = scene_begin();
    vaddr_t a = scene_mmap(s, 1, VM_RW);

    check(a != 0);
    actor_run(s, 1, do_nothing, NULL);
    scene_end(s);
}

TEST(s14_window_exhausted,
     .shows = "with the kernel window full kvalloc returns NULL; the rest of the kernel goes on")
{
    void *chunks[CHUNKS + 1], *page;
    u32 n = 0, small = 0;

    kvalloc_purge();
    u32 before = kv_pages_in_use();
    /* Of one device page over and over: addresses run out, memory does not. */
    while (n <= CHUNKS && (chunks[n] = obtain(kvmap_device(0xFE000000u, CHUNK, "s14"))) != NULL)
        n++;
    check(n > CHUNKS / 2 && n <= CHUNKS);
    check(!kvalloc(CHUNK, "s14", 0));
    check(kv_check());
    if ((page = obtain(kvalloc(PAGE_SIZE, "s14", 0))) != NULL) /* what is left between is still served */
        small++;
    kvfree(page);
    check_eq(small, 1);
    while (n > 0)
        kvfree(chunks[--n]);
    kvalloc_purge();
    check(kv_check());
    check(kv_pages_in_use() <= before + 1);
    check_alive();
}

/* All frames that `gfp` can get, chained through themselves. */
static struct page *take_all(unsigned gfp, u32 *taken)
{
    struct page *last = NULL;

    for (struct page *page; (page = obtain(page_alloc(gfp))) != NULL; ++*taken) {
        struct page **link = page_map(page);
        *link = last;
        page_unmap(link);
        last = page;
    }
    return last;
}

static void give_all(struct page *list)
{
    while (list) {
        struct page **link = page_map(list), *next = *link;
        page_unmap(link);
        page_put(list);
        list = next;
    }
}

static void check_exhausted(void)
{
    check(!page_alloc(GFP_KERNEL));
    check(!page_alloc_range(4, 1, DIRECT_LIMIT_PFN, 0, GFP_KERNEL));
    check(!kvalloc(16 * PAGE_SIZE, "s14", 0));
    check(kv_check());
    check(!mm_create());
    check(!kmalloc(5 * PAGE_SIZE, GFP_KERNEL));
}

static void exhaust(unsigned gfp, const char *name)
{
    struct frame_stats stats;
    kvalloc_purge(); /* or the first refusal would find memory in the stock of stacks */
    slab_reap();
    u32 taken = 0, before = frames_users();
    struct page *list = take_all(gfp, &taken);

    if (gfp != GFP_DMA) /* the DMA zone alone starves nobody */
        check_exhausted();
    frame_stats(&stats);
    struct page *buffer = obtain(page_alloc_range(16, 1, DMA_LIMIT_PFN, 16, GFP_DMA));
    if (gfp != GFP_DMA)
        check(buffer && page_pfn(buffer) % 16 == 0); /* S20: the DMA reserve was not touched */
    else
        check(!buffer);
    if (buffer)
        page_put_range(buffer, 16);
    give_all(list);
    test_note("%s: %u frames until NULL; DMA frames left then: %u", name, taken, stats.dma_free);
    check_eq(frames_users(), before);
    check_alive();
}

TEST(
    s14_frames_exhausted, .limit_ticks = 100000,
    .shows =
        "with each kind of frame used up there is NULL everywhere, no DMA frame was wasted, and all goes on afterwards")
{
    exhaust(GFP_KERNEL, "kernel memory");
    exhaust(GFP_USER, "user memory");
    exhaust(GFP_DMA, "DMA memory");
}

TEST(
    s20_dma_buffer, .limit_ticks = 100000,
    .shows =
        "with 90 % of memory in use 64 KiB below 16 MiB, crossing no 64 KiB line, are there; no DMA frame was taken while others were free")
{
    struct frame_stats start, stats;
    struct page *list = NULL;
    u32 before = frames_users();

    frames_drain_caches();
    frame_stats(&start);
    for (u32 i = 0, n = start.total / 10 * 9 - (start.total - start.free); i < n; i++) {
        struct page *page = obtain(page_alloc(i % 2 ? GFP_USER : GFP_KERNEL));
        check(page != NULL);
        if (!page)
            break;
        struct page **link = page_map(page);
        *link = list;
        page_unmap(link);
        list = page;
    }
    frame_stats(&stats);
    check_eq(stats.dma_free, start.dma_free);
    struct page *buffer = obtain(page_alloc_range(16, 1, DMA_LIMIT_PFN, 16, GFP_DMA));
    check(buffer && page_pfn(buffer) % 16 == 0);
    if (buffer)
        page_put_range(buffer, 16);
    give_all(list);
    test_note("%u of %u frames free then", stats.free, stats.total);
    check_eq(frames_users(), before);
}
