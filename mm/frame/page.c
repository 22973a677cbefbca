/* struct page's accessors: what the rest of the kernel may know of a frame in use. */
#include "diag/assert.h"
#include "mm/frame/page_private.h"

void page_get(struct page *page)
{
    int refs = atomic_inc(&page->refs);
    assert(refs > 1); /* a free frame has no holder to copy a reference from */
}

bool page_get_unless_free(struct page *page)
{
    return atomic_inc_unless_zero(&page->refs);
}
int page_refs(const struct page *page)
{
    return atomic_read(&page->refs);
}

pfn_t page_pfn(const struct page *page)
{
    return (pfn_t)(page - page_array);
}

struct page *page_of(pfn_t pfn)
{
    return pfn < page_array_end && (page_array[pfn].flags & (1u << PG_RAM)) ? &page_array[pfn] : NULL;
}

struct page *page_at(pfn_t pfn)
{
    assert(pfn < page_array_end);
    return &page_array[pfn];
}

void *page_address(const struct page *page)
{
    pfn_t pfn = page_pfn(page);
    assert(pfn < DIRECT_LIMIT_PFN);
    return phys_to_direct(pfn << PAGE_SHIFT);
}

/* ---- PTEs that map it ---- */

void page_map_inc(struct page *page)
{
    atomic_inc(&page->map_count);
}

int page_map_dec(struct page *page)
{
    int n = atomic_dec(&page->map_count);
    assert(n >= 0); /* R55: two CPUs believe that they removed the same PTE */
    return n;
}

int page_map_count(const struct page *page)
{
    return atomic_read(&page->map_count);
}

/* ---- state bits: PAGE_UPTODATE is read without the page lock, so setting it is a release of the contents
 * ---- */

void page_bit_set(struct page *page, enum page_bit bit)
{
    atomic_bit_set(&page->flags, bit);
}
void page_bit_clear(struct page *page, enum page_bit bit)
{
    atomic_bit_clear(&page->flags, bit);
}
bool page_bit_test(const struct page *page, enum page_bit bit)
{
    return atomic_bit_test(&page->flags, bit);
}

/* ---- identity in the page cache ---- */

struct mapping *page_mapping(const struct page *page)
{
    return READ_ONCE(page->mapping);
}
u32 page_index(const struct page *page)
{
    return READ_ONCE(page->index);
}

void page_set_mapping(struct page *page, struct mapping *mapping, u32 index)
{
    assert(page_refs(page) > 0 && (!mapping || !page->mapping));
    WRITE_ONCE(page->index, index);
    WRITE_ONCE(page->mapping, mapping);
}

struct rbnode *page_tree_node(struct page *page)
{
    return &page->node;
}
struct page *page_of_tree_node(struct rbnode *node)
{
    return container_of(node, struct page, node);
}

struct page *page_of_tree_link(const struct rbnode *link)
{
    u32 offset = (u32)((uintptr_t)link - (uintptr_t)page_array - offsetof(struct page, node));

    if (unlikely(offset % sizeof(struct page) != 0 || offset >= page_array_end * sizeof(struct page)))
        return NULL;
    return (struct page *)((char *)page_array + offset);
}

u32 page_private(const struct page *page)
{
    return page->index;
}
void page_set_private(struct page *page, u32 word)
{
    WRITE_ONCE(page->index, word);
}

/* ---- a frame that is a page table ---- */

static struct lock_class page_table_class = {
    .name = "page_table", .rank = RANK_PT, .file = __FILE__, .line = __LINE__};

void page_become_table(struct page *page, struct mm *mm, vaddr_t base, struct spinlock *lock)
{
    page->pt_mm = mm;
    page->pt_base = base;
    if (!lock)
        spinlock_init_class(&page->ptl, &page_table_class);
    page->pt_guard = lock ? lock : &page->ptl;
    page->pt_count = page->pt_resident = 0;
}

void page_leave_table(struct page *page)
{
    page->pt_mm = NULL;
}

struct spinlock *page_ptl(struct page *page)
{
    return page->pt_guard;
}

int page_pt_account(struct page *page, int entries, int pages)
{
    spin_assert_held(page->pt_guard);
    page->pt_count = (u16)(page->pt_count + entries);
    page->pt_resident = (u16)(page->pt_resident + pages);
    assert(page->pt_count <= PTES && page->pt_resident <= page->pt_count); /* also catches one below zero */
    return page->pt_count;
}

struct mm *page_pt_mm(const struct page *page)
{
    return page->pt_mm;
}

vaddr_t page_pt_base(const struct page *page)
{
    return page->pt_base;
}

u32 page_pt_resident(const struct page *page)
{
    return READ_ONCE(page->pt_resident);
}

#ifdef FL_TEST
struct page_peek page_peek(const struct page *page)
{
    return (struct page_peek){READ_ONCE(page->refs.v), READ_ONCE(page->map_count.v), READ_ONCE(page->mapping),
                              READ_ONCE(page->flags) & (1u << PG_LOCKED)};
}
#endif
