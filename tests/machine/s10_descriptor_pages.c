/* S10, S12: what is in kvalloc's descriptor pages, looked at word by word while there are many of them. */
#include "mm/frame/frames.h"
#include "mm/kernel/kv_private.h"
#include "tests/scenario.h"

#define RANGES 400u /* some pages full of descriptors */

static u32 pages_seen, ranges_seen, mistakes;

/* A slot holds a descriptor of this window or is free; nothing else is in the page (S10). */
static void look_at_slot(const struct kv_range *slot)
{
    if (slot->state == KV_SLOT)
        return;
    ranges_seen++;
    mistakes += slot->state > KV_LAZY || slot->node.count == 0 ||
                slot->node.start < KWINDOW_BASE >> PAGE_SHIFT ||
                slot->node.start + slot->node.count > KWINDOW_END >> PAGE_SHIFT;
}

/* The range that covers a descriptor page is described in the page itself. */
static void look_at_page(struct kv_page *page)
{
    struct range_node *node = range_find(&kv_used, (vaddr_t)(uintptr_t)page >> PAGE_SHIFT);

    pages_seen++;
    mistakes += page->magic != KV_MAGIC || !node || kv_range_of(node) != kv_slots(page) ||
                kv_start(kv_range_of(node)) != (vaddr_t)(uintptr_t)page ||
                kv_range_of(node)->state != KV_DESCRIPTORS;
    for (u32 i = 0; i < KV_SLOTS; i++)
        look_at_slot(&kv_slots(page)[i]);
}

static u32 walk(void)
{
    pages_seen = ranges_seen = mistakes = 0;
    kv_enter();
    for (struct kv_page *page = kv_pages; page; page = page->next)
        look_at_page(page);
    check_eq(ranges_seen, kv_used.extents + kv_free.extents); /* none is described anywhere else */
    kv_exit();
    check_eq(mistakes, 0);
    return pages_seen;
}

TEST(s10_descriptor_pages,
     .shows = "descriptor pages hold nothing but descriptors, and each describes itself; emptied ones go")
{
    static void *ranges[RANGES];

    kvalloc_purge();
    u32 before = walk();
    for (u32 i = 0; i < RANGES; i++) {
        ranges[i] = obtain(kvmap_device(0xFE000000u, PAGE_SIZE, "s10"));
        check(ranges[i] != NULL);
    }
    u32 most = walk();
    for (u32 i = 0; i < RANGES; i++) /* every second one first: the most pieces */
        kvfree(ranges[(2 * i + 2 * i / RANGES) % RANGES]);
    kvalloc_purge();
    u32 after = walk();
    test_note("%u descriptor pages, %u with %u ranges more, %u afterwards", before, most, RANGES, after);
    check(most >= before + RANGES / (u32)KV_SLOTS);
    check(after <= before + 1);
}

/* ---- S14: no slot, and no frame for a page of them ---- */

struct chain {
    struct page *last;
    u32 n;
};

/* Every frame that the kernel can get, linked through page_private. */
static void take_all(struct chain *c)
{
    for (struct page *page; (page = obtain(page_alloc(GFP_KERNEL))) != NULL; c->n++) {
        void **link = page_address(page);
        *link = c->last;
        c->last = page;
    }
}

static void give_all(struct chain *c)
{
    while (c->last) {
        struct page *page = c->last;
        c->last = *(void **)page_address(page);
        page_put(page);
    }
}

TEST(s14_descriptors_exhausted, .limit_ticks = 60000,
     .shows = "with no free descriptor and no frame for more, kvalloc returns NULL and changes nothing")
{
    static void *ranges[4 * RANGES];
    struct chain frames = {NULL, 0};
    u32 n = 0;

    kvalloc_purge();
    take_all(&frames);
    while (n < ARRAY_SIZE(ranges) &&
           (ranges[n] = obtain(kvmap_device(0xFE000000u, PAGE_SIZE, "s14"))) != NULL)
        n++;
    u32 extents = kv_used.extents + kv_free.extents, slots = kv_free_slots;
    check(n > 0 && n < ARRAY_SIZE(ranges) && slots < KV_SLOTS_NEEDED);
    check(!kvmap_device(0xFE000000u, PAGE_SIZE, "s14") && !kvalloc(PAGE_SIZE, "s14", 0));
    check_eq(kv_used.extents + kv_free.extents, extents);
    check_eq(kv_free_slots, slots);
    check(kv_check());
    kvfree(ranges[--n]); /* giving back needs no descriptor */
    kvalloc_purge();
    check((ranges[n] = obtain(kvmap_device(0xFE000000u, PAGE_SIZE, "s14"))) !=
          NULL); /* and its slot serves the next */
    n++;
    give_all(&frames);
    test_note("%u ranges until the slots ran out, %u frames held", n, frames.n);
    while (n > 0)
        kvfree(ranges[--n]);
    kvalloc_purge();
    check(kv_check());
}
