/*
 * kvalloc and kvfree. Shape A: frames and a spare descriptor page are allocated with no lock held; the lock
 * covers only the choice of addresses. Page-table entries are written outside it, since the range is ours by
 * then.
 */
#include "mm/kernel/kvalloc.h"
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kv_private.h"
#include "sync/held.h"

atomic_t kv_frames;
static PERCPU(bool, in_kvalloc); /* S09: kvalloc never gets back into itself */

void kv_enter(void)
{
    spin_lock(&kv_lock);
    assert(!this_cpu(in_kvalloc));
    this_cpu(in_kvalloc) = true;
}

void kv_exit(void)
{
    assert(this_cpu(in_kvalloc));
    this_cpu(in_kvalloc) = false;
    spin_unlock(&kv_lock);
}

/* A frame that is counted as the window's, or NULL. */
static struct page *window_frame(unsigned flags)
{
    frames_move_begin();
    struct page *page = page_alloc((flags & KV_ZERO) ? GFP_KERNEL | GFP_ZERO : GFP_KERNEL);
    if (page)
        atomic_inc(&kv_frames);
    frames_move_end();
    return page;
}

static void put_window_frame(struct page *page)
{
    frames_move_begin();
    page_put(page);
    atomic_dec(&kv_frames);
    frames_move_end();
}

/*
 * Enters, with enough free slots for one operation if memory allows; the caller looks at kv_free_slots.
 * Returns a frame that was not needed after all (another task grew the descriptors meanwhile, or there was no
 * address for it), to be put after kv_exit(), or NULL.
 */
static struct page *enter_with_slots(void) acquires(&kv_lock)
{
    struct page *spare = NULL;
    kv_enter();
    while (kv_free_slots < KV_SLOTS_NEEDED) {
        if (spare) {
            if (!kv_grow(spare))
                break;
            spare = NULL; /* it is a descriptor page now */
            continue;
        }
        kv_exit();
        spare = window_frame(0);
        kv_enter();
        if (!spare)
            break;
    }
    return spare;
}

/* Addresses for `pages` and a guard, the first a multiple of `align` pages; not mapped yet. */
static struct kv_range *take_addresses(u32 pages, u32 align, enum kv_state state, const char *owner)
{
    const struct range_request request = {.count = pages + 1, .align = align};
    struct kv_range *range = NULL;
    u32 start;
    struct page *spare = enter_with_slots();
    if (kv_free_slots >= KV_SLOTS_NEEDED && range_alloc(&kv_free, &request, &start)) {
        range = kv_slot_get(state, owner);
        range_insert(&kv_used, &range->node, start, pages + 1);
    }
    kv_exit();
    if (unlikely(spare))
        put_window_frame(spare);
    return range;
}

/* The same, after the addresses that wait for a flush came back. */
static struct kv_range *take_addresses_hard(size_t bytes, size_t align, enum kv_state state,
                                            const char *owner)
{
    assert(align >= PAGE_SIZE && (align & (align - 1)) == 0);
    if (bytes == 0 || bytes > KWINDOW_END - KWINDOW_BASE || align > KWINDOW_END - KWINDOW_BASE)
        return NULL;
    u32 pages = (u32)(ALIGN_UP(bytes, (size_t)PAGE_SIZE) >> PAGE_SHIFT);
    struct kv_range *range = take_addresses(pages, align >> PAGE_SHIFT, state, owner);
    if (!range) {
        kvalloc_purge();
        range = take_addresses(pages, align >> PAGE_SHIFT, state, owner);
    }
    return range;
}

static bool map_frames(struct kv_range *range, unsigned flags)
{
    vaddr_t va = kv_start(range);
    for (u32 left = kv_mapped_pages(range); left > 0; left--, va += PAGE_SIZE) {
        struct page *page = window_frame(flags);
        if (!page)
            return false;
        assert(
            pte_empty(kernel_pte_get(va))); /* nobody else maps here, and the last owner's entries are gone */
        kernel_pte_set(
            va, pte_make(page_pfn(page), PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_GLOBAL | PROT_PTE_DIRTY));
    }
    return true;
}

static void *alloc_mapped(size_t bytes, size_t align, const char *owner, unsigned flags)
{
    struct kv_range *range = take_addresses_hard(bytes, align, KV_USED, owner);
    if (!range)
        return NULL;
    if (!map_frames(range, flags)) {
        kvfree((void *)(uintptr_t)kv_start(
            range)); /* a CPU may have cached what was mapped: through the flush */
        kvalloc_purge();
        return NULL;
    }
    return (void *)(uintptr_t)kv_start(range);
}

void *kvalloc_aligned(size_t bytes, size_t align, const char *owner, unsigned flags)
{
    return alloc_must_fail() ? NULL : alloc_mapped(bytes, align, owner, flags);
}

void *kvalloc(size_t bytes, const char *owner, unsigned flags)
{
    return alloc_must_fail() ? NULL : alloc_mapped(bytes, PAGE_SIZE, owner, flags);
}

void *kvmap_device(paddr_t start, size_t bytes, const char *owner)
{
    u32 offset = start & (PAGE_SIZE - 1);
    struct kv_range *range =
        alloc_must_fail() ? NULL : take_addresses_hard(bytes + offset, PAGE_SIZE, KV_DEVICE, owner);
    if (!range)
        return NULL;
    for (u32 i = 0; i < kv_mapped_pages(range); i++)
        kernel_pte_set(kv_start(range) + i * PAGE_SIZE,
                       pte_make((start >> PAGE_SHIFT) + i, PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_GLOBAL |
                                                               PROT_PTE_NOCACHE | PROT_PTE_DIRTY));
    return (void *)(uintptr_t)(kv_start(range) + offset);
}

/* Finds the range that begins at this page and marks it freed, so that a second free is caught. */
static struct kv_range *mark_lazy(vaddr_t start, u32 states, bool was_fixed)
{
    kv_enter();
    struct range_node *node = range_find(&kv_used, start >> PAGE_SHIFT);
    assert(node && node->start == start >> PAGE_SHIFT); /* not the start of a range */
    struct kv_range *range = kv_range_of(node);
    assert((1u << range->state) & states); /* freed twice, or not kvalloc's */
    range->was_fixed = was_fixed;
    range->state = KV_LAZY;
    kv_exit();
    return range;
}

void kvfree(void *addr)
{
    if (!addr)
        return;
    might_sleep();
    vaddr_t start = ALIGN_DOWN((vaddr_t)(uintptr_t)addr, PAGE_SIZE);
    kv_retire(mark_lazy(start, (1u << KV_USED) | (1u << KV_DEVICE), false));
    kv_purge_if_many();
}

void kvfree_fixed(vaddr_t start)
{
    might_sleep();
    struct kv_range *range = mark_lazy(ALIGN_DOWN(start, PAGE_SIZE), 1u << KV_FIXED, true);
    for (u32 i = 0; i < kv_mapped_pages(range); i++) {
        struct page *page = page_of(pte_pfn(kernel_pte_get(kv_start(range) + i * PAGE_SIZE)));
        if (!page || !page_bit_test(page, PAGE_RESERVED))
            continue;
        frames_move_begin();
        page_unreserve(page); /* from here the frame is an ordinary one, put after the flush */
        atomic_inc(&kv_frames);
        frames_move_end();
    }
    kv_retire(range);
    kvalloc_purge();
}

u32 kv_pages_in_use(void)
{
    return (u32)atomic_read(&kv_frames);
}
