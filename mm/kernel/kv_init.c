/* Boot: the window as the kernel image left it becomes ranges (row S13). */
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "mm/frame/reclaim.h"
#include "mm/kernel/kv_private.h"

#define FIXED_MAX 24u
static struct fixed_range {
    vaddr_t start, end;
    const char *name;
} fixed[FIXED_MAX] init_data;
static u32 fixed_n init_data;

/* Each fixed range may leave a gap in front of it (a guard and a free range), and there is one behind the
 * last. */
static_assert(3 * FIXED_MAX + 2 + KV_SLOTS_NEEDED < KV_SLOTS,
              "the first descriptor page describes the window at boot");

struct spinlock kv_lock;
struct range_set kv_free, kv_used;

static struct range_node *node_get(struct range_set *set, u32 start)
{
    return &kv_slot_get(KV_FREE, NULL)->node;
}
static void node_put(struct range_set *set, struct range_node *node)
{
    kv_slot_put(kv_range_of(node));
}

/* In address order. */
init_text void kvalloc_add_fixed(vaddr_t start, vaddr_t end, const char *name)
{
    start = ALIGN_DOWN(start, PAGE_SIZE);
    end = ALIGN_UP(end, PAGE_SIZE);
    if (start == end)
        return; /* an empty section */
    u32 i = fixed_n++;
    assert(start < end && start >= KWINDOW_BASE && end <= KWINDOW_END && fixed_n <= FIXED_MAX);
    for (; i > 0 && fixed[i - 1].start > start; i--)
        fixed[i] = fixed[i - 1];
    fixed[i] = (struct fixed_range){start, end, name};
    assert(i == 0 || fixed[i - 1].end <= start);
    assert(i + 1 == fixed_n || end <= fixed[i + 1].start);
}

/* Gap i lies in front of fixed range i; the last one behind them all. */
static init_text vaddr_t gap_start(u32 i)
{
    return i == 0 ? KWINDOW_BASE : fixed[i - 1].end;
}
static init_text vaddr_t gap_end(u32 i)
{
    return i == fixed_n ? KWINDOW_END : fixed[i].start;
}

static init_text void add_used(vaddr_t start, vaddr_t end, enum kv_state state, const char *name)
{
    struct kv_range *range = kv_slot_get(state, name);
    range_insert(&kv_used, &range->node, start >> PAGE_SHIFT, (end - start) >> PAGE_SHIFT);
}

static init_text void add_gap(vaddr_t start, vaddr_t end)
{
    if (start == end)
        return;
    add_used(start, start + PAGE_SIZE, KV_GUARD, "guard");
    if (end - start > PAGE_SIZE)
        range_free(&kv_free, (start >> PAGE_SHIFT) + 1, ((end - start) >> PAGE_SHIFT) - 1);
}

/* The first descriptor page is put where kv_grow() will find it: it must exist before any range can be
 * described. */
static init_text struct kv_page *map_first_page(struct page *frame)
{
    vaddr_t va = 0;
    for (u32 i = 0; i <= fixed_n && !va; i++)
        if (gap_end(i) - gap_start(i) >= 4 * PAGE_SIZE)
            va = gap_start(i) + PAGE_SIZE;
    assert(va && pte_empty(kernel_pte_get(va)));
    kernel_pte_set(
        va, pte_make(page_pfn(frame), PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_GLOBAL | PROT_PTE_DIRTY));
    return (struct kv_page *)(uintptr_t)va;
}

static struct reclaimer window_reclaimer = {.name = "kvalloc", .give_back = kvalloc_purge};

init_text void kvalloc_init(void)
{
    struct page *frame = page_alloc(GFP_KERNEL);
    if (!frame)
        boot_refuse("no memory for the kernel's address ranges");
    spinlock_init(&kv_lock, "kvalloc", KVALLOC);
    range_set_init(&kv_free, node_get, node_put);
    range_set_init(&kv_used, node_get, node_put);
    kv_used.addr_only = true;

    struct kv_page *first = map_first_page(frame);
    atomic_inc(&kv_frames);
    u32 unit = (vaddr_t)(uintptr_t)first >> PAGE_SHIFT;
    kv_enter();
    kv_descriptors_init(first);
    for (u32 i = 0; i <= fixed_n; i++) {
        add_gap(gap_start(i), gap_end(i));
        if (i < fixed_n)
            add_used(fixed[i].start, fixed[i].end, KV_FIXED, fixed[i].name);
    }
    bool taken = range_alloc_at(&kv_free, unit, 2);
    assert(taken);
    kv_describe_itself(first);
    kv_exit();
    reclaim_register(&window_reclaimer);
}
