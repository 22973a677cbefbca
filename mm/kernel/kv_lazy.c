/*
 * Lazy unmap: a freed range keeps its addresses, and its frames, until one flush on all CPUs has served many
 * ranges. Until then an entry that is dead holds its frame's number, so that nothing need be allocated to
 * remember it:
 *
 *     present  --kvfree-->  software entry (frame number)  --flush-->  empty, frame put, range free
 *
 * Key: (k) kv_lock.
 */
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kv_private.h"
#include "mm/table/shootdown.h"

#define LAZY_PAGES_MAX                                                                                       \
    512u /* 2 MiB: one flush of all CPUs for so many pages is cheap, and so much memory may wait */

static struct kv_range *lazy; /* (k) */
static u32 lazy_pages;        /* (k) */

void kv_queue_lazy(struct kv_range *range)
{
    assert(range->state == KV_LAZY);
    range->next = lazy;
    lazy = range;
    lazy_pages += range->node.count;
}

/* A device window's frames are not ours to put: its entries become empty at once. */
static bool is_ours(pte_t pte)
{
    struct page *page = page_of(pte_pfn(pte));
    return pte_present(pte) && page && !page_bit_test(page, PAGE_RESERVED);
}

void kv_retire(struct kv_range *range)
{
    vaddr_t va = kv_start(range);
    for (u32 left = kv_mapped_pages(range); left > 0; left--, va += PAGE_SIZE) {
        pte_t pte = kernel_pte_get(va);
        kernel_pte_set(va, is_ours(pte) ? pte_software(KV_PTE_DEAD, pte_pfn(pte)) : (pte_t){0});
    }
    kv_enter();
    kv_queue_lazy(range);
    kv_exit();
}

/* After the flush: no CPU reaches these frames any more. */
static void put_frames(struct kv_range *range)
{
    vaddr_t va = kv_start(range);
    for (u32 left = kv_mapped_pages(range); left > 0; left--, va += PAGE_SIZE) {
        pte_t pte = kernel_pte_get(va);
        assert(!pte_present(pte));
        if (pte_empty(pte))
            continue;
        kernel_pte_set(va, (pte_t){0});
        frames_move_begin();
        page_put(page_of(pte_software_payload(pte)));
        atomic_dec(&kv_frames);
        frames_move_end();
    }
}

/* The range's addresses are free again; what the kernel image left keeps its first page as a guard. */
static void free_addresses(struct kv_range *range)
{
    u32 start = range->node.start, count = range->node.count;
    range_remove(&kv_used, &range->node);
    if (range->was_fixed) {
        range->state = KV_GUARD;
        range->owner = "guard";
        range_insert(&kv_used, &range->node, start++, 1);
        count--;
    } else {
        kv_slot_put(range);
    }
    if (count > 0)
        range_free(&kv_free, start, count);
}

static bool purge_lazy(void)
{
    vaddr_t start = KWINDOW_END, end = KWINDOW_BASE;
    kv_enter();
    struct kv_range *list = lazy;
    lazy = NULL;
    lazy_pages = 0;
    kv_exit();
    if (!list)
        return false;
    for (struct kv_range *range = list; range; range = range->next) {
        start = MIN(start, kv_start(range));
        end = MAX(end, kv_start(range) + kv_mapped_pages(range) * PAGE_SIZE);
    }
    shootdown_kernel(start, end);
    for (struct kv_range *range = list; range; range = range->next)
        put_frames(range);

    kv_enter();
    for (struct kv_range *range = list, *next; range; range = next) {
        next = range->next;
        free_addresses(range);
    }
    kv_shrink();
    kv_exit();
    return true;
}

bool kv_purge_if_many(void)
{
    return READ_ONCE(lazy_pages) > LAZY_PAGES_MAX && purge_lazy();
}

void kvalloc_purge(void)
{
    kv_stacks_release();
    while (purge_lazy()) /* again: an emptied descriptor page queues itself */
        ;
}
