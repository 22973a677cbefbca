/* Reading the window: /proc/kvranges, the owner of an address for an oops, and the check of all invariants.
 */
#include "arch/pgtable.h"
#include "lib/format.h"
#include "mm/kernel/kv_private.h"

static const char *const state_names[] = {
    [KV_SLOT] = "?",         [KV_FREE] = "free", [KV_FIXED] = "fixed",   [KV_GUARD] = "guard",
    [KV_DESCRIPTORS] = "kv", [KV_USED] = "used", [KV_DEVICE] = "device", [KV_LAZY] = "lazy",
};

static struct kv_range *range_at(u32 unit)
{
    struct range_node *node = range_find(&kv_used, unit);
    if (!node)
        node = range_find(&kv_free, unit);
    return node ? kv_range_of(node) : NULL;
}

/* `line` may sleep or print, so each range is copied out under the lock and told of without it. */
void kv_report(void (*line)(void *ctx, const char *text), void *ctx)
{
    for (u32 unit = KWINDOW_BASE >> PAGE_SHIFT; unit < KWINDOW_END >> PAGE_SHIFT;) {
        char text[96];
        kv_enter();
        struct kv_range *range = range_at(unit);
        struct kv_range seen = range ? *range : (struct kv_range){.node = {.start = unit, .count = 1}};
        kv_exit();
        u32 end = seen.node.start + seen.node.count;
        fmt_snprintf(text, sizeof(text), "%08x-%08x %6u %-6s %s", unit << PAGE_SHIFT, end << PAGE_SHIFT,
                     end - unit, state_names[seen.state], seen.owner ? seen.owner : "");
        line(ctx, text);
        unit = end;
    }
}

/*
 * The descriptor page at `va` through the direct map, where reading can never fault: after its frame was
 * given to another the magic number is gone, and garbage under a right one costs a wrong name in a dump.
 */
static const struct kv_page *peek(const struct kv_page *va)
{
    vaddr_t addr = (vaddr_t)(uintptr_t)va;
    if (addr < KWINDOW_BASE || addr >= KWINDOW_END || (addr & (PAGE_SIZE - 1)))
        return NULL;
    pte_t pte = kernel_pte_get(addr);
    if (!pte_present(pte) || pte_pfn(pte) >= DIRECT_LIMIT_PFN)
        return NULL;
    const struct kv_page *page = phys_to_direct(pte_pfn(pte) << PAGE_SHIFT);
    return READ_ONCE(page->magic) == KV_MAGIC ? page : NULL;
}

const char *kv_owner(vaddr_t va, vaddr_t *start, vaddr_t *end)
{
    u32 pages_left =
        (KWINDOW_END - KWINDOW_BASE) >> PAGE_SHIFT; /* a list that changes under us must not hold us */
    const struct kv_page *page = peek(READ_ONCE(kv_pages));
    for (; page && pages_left > 0; page = peek(READ_ONCE(page->next)), pages_left--) {
        const struct kv_range *slot = (const struct kv_range *)(page + 1);
        for (u32 i = 0; i < KV_SLOTS; i++) {
            struct kv_range seen = slot[i];
            if (seen.state <= KV_FREE || seen.state > KV_LAZY ||
                (va >> PAGE_SHIFT) - seen.node.start >= seen.node.count)
                continue;
            *start = kv_start(&seen);
            *end = *start + kv_mapped_pages(&seen) * PAGE_SIZE;
            return seen.owner;
        }
    }
    return NULL;
}

/* Row S10, and the slots' arithmetic. */
static bool pages_are_right(void)
{
    u32 used = 0, free_slots = 0;
    for (const struct kv_page *page = kv_pages; page; page = page->next) {
        const struct kv_range *self = (const struct kv_range *)(page + 1);
        if (page->magic != KV_MAGIC || self->state != KV_DESCRIPTORS ||
            kv_start(self) != (vaddr_t)(uintptr_t)page)
            return false;
        used += page->used;
        for (const struct kv_range *slot = page->slots; slot; slot = slot->next, free_slots++)
            if (slot->state != KV_SLOT)
                return false;
    }
    return free_slots == kv_free_slots && used == kv_free.extents + kv_used.extents;
}

bool kv_check(void)
{
    kv_enter();
    bool right = pages_are_right() && range_check(&kv_free) >= 0 && range_check(&kv_used) >= 0 &&
                 kv_free.units + kv_used.units == (KWINDOW_END - KWINDOW_BASE) >> PAGE_SHIFT;
    for (struct range_node *node = range_first(&kv_used); node && right; node = range_next(node))
        right = !range_find(&kv_free, node->start);
    kv_exit();
    return right;
}
