/*
 * Looking up in the page cache with no lock: threads that fault in one file would all write its line.
 *
 * A walk may stand in pages that have left the tree, or are not even the file's any more: their entries of
 * the page array still exist, but a link may be anything. So each is held against the array before it is
 * followed, and the number of steps is bounded. A page is taken only if it is not free. Then, with the
 * reference held, comes the question whether it is this file's page of this index: to the page itself, or for
 * a run of them to the sequence that writers of the tree move.
 *
 * What a walk did not find says nothing; it is looked for under the lock.
 */
#include "mm/file/mapping_private.h"

#define DEPTH_MAX 44u /* twice the depth of a balanced tree of 2^20 pages, and some */

/* The page that the walk came to, referenced, if it is what was looked for. */
static struct page *mapping_take_found(const struct mapping *mapping, u32 index, struct page *page)
{
    if (!page_get_unless_free(page))
        return NULL;
    if (likely(page_mapping(page) == mapping && page_index(page) == index))
        return page;
    page_put(page);
    return NULL;
}

/* NULL says nothing. */
static struct page *mapping_find_lockfree(struct mapping *mapping, u32 index)
{
    const struct rbnode *link = READ_ONCE(mapping->pages.root);
    u32 left = DEPTH_MAX;

    while (likely(page_has_tree_link(link))) {
        struct page *page = page_of_tree_node((struct rbnode *)link);
        u32 at = page_index(page);

        if (at == index)
            return mapping_take_found(mapping, index, page);
        link = at > index ? READ_ONCE(link->left) : READ_ONCE(link->right);
        if (unlikely(--left == 0))
            break;
    }
    return NULL;
}

struct page *mapping_find(struct mapping *mapping, u32 index)
{
    struct page *page = mapping_find_lockfree(mapping, index);

    return likely(page != NULL) ? page : mapping_find_locked(mapping, index);
}

/* The way down to where a walk in order stands: the pages that come after it, the next one last. */
struct path {
    u32 depth, steps;
    u32 next; /* places of the caller's before it are done: a broken tree could name one twice */
    struct page *page[DEPTH_MAX];
};

/* Down from `link` to the first page of `first` or more. False: no tree looks like this. What is pushed
 * bounds the steps to the left, for one of them pushes; the others are counted. */
static inline bool path_descend(struct path *path, const struct rbnode *link, u32 first)
{
    while (page_has_tree_link(link)) {
        struct page *page = page_of_tree_node((struct rbnode *)link);

        if (page_index(page) >= first) {
            if (unlikely(path->depth == DEPTH_MAX))
                return false;
            path->page[path->depth++] = page;
            link = READ_ONCE(link->left);
        } else {
            if (unlikely(++path->steps == DEPTH_MAX))
                return false;
            link = READ_ONCE(link->right);
        }
    }
    return link == NULL;
}

static inline void path_skip_to(struct path *path, struct page **pages, u32 at)
{
    while (path->next < at)
        pages[path->next++] = NULL;
}

/* The pages with a reference each, whosever they are: whether this was the file's tree all the time the
 * caller asks the sequence. False: so far only the places before path->next are filled. */
static bool run_walk(struct path *path, const struct mapping *mapping, u32 first, u32 count,
                     struct page **pages)
{
    const struct rbnode *link = READ_ONCE(mapping->pages.root);

    while (path->next < count) {
        struct page *page;
        bool shown;

        if (unlikely(!path_descend(path, link, first)))
            return false;
        if (path->depth == 0)
            break;
        page = path->page[--path->depth];
        u32 at = page_index(page) - first;
        if (unlikely(at != path->next)) {
            if (at < path->next)
                return false;
            if (at >= count)
                break;
            path_skip_to(path, pages, at);
        }
        link = READ_ONCE(page_tree_node(page)->right);
        shown = page_bit_test(page, PAGE_UPTODATE);
        if (shown && unlikely(!page_get_unless_free(page)))
            return false;
        pages[path->next++] = shown ? page : NULL;
    }
    path_skip_to(path, pages, count);
    return true;
}

/* Not inlined: it wants the registers for itself. */
noinline bool mapping_run_lockfree(struct mapping *mapping, u32 first, u32 count, struct page **pages)
{
    u32 changes = load_acquire(&mapping->changes.n);
    struct path path;

    path.depth = path.steps = path.next = 0;
    if (likely(!(changes & 1)) && likely(run_walk(&path, mapping, first, count, pages)) &&
        likely(!seq_read_retry(&mapping->changes, changes)))
        return true;
    for (u32 i = 0; i < path.next; i++)
        if (pages[i])
            page_put(pages[i]);
    return false;
}
