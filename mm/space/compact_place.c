/*
 * A place for page_alloc_range(), which knows nobody above it and so calls a hook. A block that compact()
 * makes begins at a multiple of its own size: with the next power of two it fits every alignment up to there,
 * and crosses no boundary that the request itself could keep from.
 */
#include "mm/frame/reclaim.h"
#include "mm/space/compact.h"

static struct page *make_place(u32 count, u32 align, pfn_t below)
{
    struct compaction what;
    u32 size = MAX(align, 1u);

    while (size < count && size <= COMPACT_MAX)
        size *= 2;
    if (size > COMPACT_MAX)
        return NULL;
    struct page *block = compact(size, below, &what);
    if (block && size > count)
        page_put_range(page_of(page_pfn(block) + count), size - count);
    return block;
}

init_text void compact_init(void)
{
    compact_hook = make_place;
}
