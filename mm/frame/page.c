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

inline bool page_has_tree_link(const struct rbnode *link)
{
    u32 offset = (u32)((uintptr_t)link - (uintptr_t)page_array - offsetof(struct page, node));

    /* What is no multiple of the size has its lowest bits on top now, and no frame has such a number. */
    return (offset >> PAGE_STRUCT_SHIFT | offset << (32 - PAGE_STRUCT_SHIFT)) < page_array_end;
}

u32 page_private(const struct page *page)
{
    return page->index;
}
void page_set_private(struct page *page, u32 word)
{
    WRITE_ONCE(page->index, word);
}

#ifdef FL_TEST
struct page_peek page_peek(const struct page *page)
{
    return (struct page_peek){READ_ONCE(page->refs.v), READ_ONCE(page->map_count.v), READ_ONCE(page->mapping),
                              READ_ONCE(page->flags) & (1u << PG_LOCKED)};
}
#endif
