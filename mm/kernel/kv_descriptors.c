/* Descriptor slots and the pages they live in. All under kv_lock. */
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "lib/list.h"
#include "mm/kernel/kv_private.h"

struct kv_page *kv_pages;
u32 kv_free_slots;
static struct list kv_partial = LIST_INIT(kv_partial); /* pages with a free slot */

static struct kv_page *page_of_slot(const struct kv_range *range)
{
    return (struct kv_page *)ALIGN_DOWN((uintptr_t)range, (uintptr_t)PAGE_SIZE);
}

static void add_page(struct kv_page *page)
{
    struct kv_range *slot = kv_slots(page);
    page->magic = KV_MAGIC;
    page->used = 0;
    page->slots = NULL;
    slot[0].state = KV_SLOT; /* for the page itself: kv_describe_itself() */
    for (u32 i = KV_SLOTS; i-- > 1;) {
        slot[i].state = KV_SLOT;
        slot[i].next = page->slots;
        page->slots = &slot[i];
    }
    list_push_back(&kv_partial, &page->partial);
    kv_free_slots += KV_SLOTS - 1;
    page->next = kv_pages;
    WRITE_ONCE(kv_pages, page); /* kv_owner() may be looking */
}

void kv_describe_itself(struct kv_page *page)
{
    struct kv_range *self = kv_slots(page);
    self->owner = "kvalloc descriptors";
    self->was_fixed = false;
    range_insert(&kv_used, &self->node, (vaddr_t)(uintptr_t)page >> PAGE_SHIFT, 2);
    WRITE_ONCE(self->state, KV_DESCRIPTORS);
    page->used++;
}

void kv_descriptors_init(struct kv_page *first)
{
    add_page(first);
}

struct kv_range *kv_slot_get(enum kv_state state, const char *owner)
{
    struct kv_page *page = list_first(&kv_partial, struct kv_page, partial);
    assert(page && page->slots && kv_free_slots > 0);
    struct kv_range *range = page->slots;
    page->slots = range->next;
    if (!page->slots)
        list_remove(&page->partial);
    page->used++;
    kv_free_slots--;
    range->owner = owner;
    range->next = NULL;
    range->was_fixed = false;
    WRITE_ONCE(range->state, state);
    return range;
}

void kv_slot_put(struct kv_range *range)
{
    struct kv_page *page = page_of_slot(range);
    assert(page->magic == KV_MAGIC && range->state != KV_SLOT && range != kv_slots(page));
    WRITE_ONCE(range->state, KV_SLOT);
    if (!page->slots)
        list_push_back(&kv_partial, &page->partial);
    range->next = page->slots;
    page->slots = range;
    page->used--;
    kv_free_slots++;
}

bool kv_grow(struct page *frame)
{
    /* Takes the front of a free range, whose descriptor then describes the rest: no slot is needed. */
    const struct range_request two = {.count = 2};
    u32 start;
    if (!range_alloc(&kv_free, &two, &start))
        return false;
    vaddr_t va = start << PAGE_SHIFT;
    assert(pte_empty(kernel_pte_get(va)));
    kernel_pte_set(
        va, pte_make(page_pfn(frame), PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_GLOBAL | PROT_PTE_DIRTY));
    struct kv_page *page = (struct kv_page *)(uintptr_t)va;
    add_page(page);
    kv_describe_itself(page);
    return true;
}

static void unlink_page(struct kv_page *page)
{
    struct kv_page **at = &kv_pages;
    while (*at != page)
        at = &(*at)->next;
    WRITE_ONCE(*at, page->next);
    list_remove(&page->partial);
    kv_free_slots -= KV_SLOTS - 1;
}

/* The dying page's address may not be used again before a flush, so its range lives on in a slot elsewhere.
 */
static void retire_page(struct kv_page *page)
{
    struct range_node *self = &kv_slots(page)->node;
    vaddr_t va = (vaddr_t)(uintptr_t)page;
    u32 start = self->start, count = self->count;
    unlink_page(page);
    range_remove(&kv_used, self);
    page->magic = 0;
    struct kv_range *range = kv_slot_get(KV_LAZY, "kvalloc descriptors");
    range_insert(&kv_used, &range->node, start, count);
    kernel_pte_set(va, pte_software(KV_PTE_DEAD, pte_pfn(kernel_pte_get(va))));
    kv_queue_lazy(range);
}

/*
 * A free range belongs to the lock's holder alone, so its descriptor can move to another page. Without this
 * one free range would keep its page for good, and the page, standing between two free ranges, would keep
 * them apart.
 */
static void move_free_ranges(struct kv_page *page)
{
    list_remove(&page->partial); /* no slot of this very page */
    for (u32 i = 1; i < KV_SLOTS; i++) {
        struct kv_range *from = &kv_slots(page)[i];
        if (from->state != KV_FREE)
            continue;
        u32 start = from->node.start, count = from->node.count;
        range_remove(&kv_free, &from->node);
        range_insert(&kv_free, &kv_slot_get(KV_FREE, NULL)->node, start, count);
        kv_slot_put(from);
    }
    list_push_back(&kv_partial, &page->partial);
}

/* Nothing in it but itself and free ranges, and the other pages have room for these and for what comes next.
 */
static bool page_can_go(struct kv_page *page)
{
    if (!page->slots || kv_free_slots < 2 * KV_SLOTS_NEEDED + KV_SLOTS + page->used - 1)
        return false;
    for (u32 i = 1; i < KV_SLOTS; i++)
        if (kv_slots(page)[i].state != KV_SLOT && kv_slots(page)[i].state != KV_FREE)
            return false;
    return true;
}

void kv_shrink(void)
{
    for (struct kv_page *page = kv_pages, *next; page; page = next) {
        next = page->next;
        if (!page_can_go(page))
            continue;
        move_free_ranges(page);
        assert(page->used == 1);
        retire_page(page);
    }
}
