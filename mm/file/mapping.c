/*
 * The page cache of one file: a tree of pages by index under one spinlock. Looking pages up without it is
 * mapping_walk.c's, reading them mapping_read.c's.
 */
#include "mm/file/mapping.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "lib/errno.h"
#include "mm/file/mapping_private.h"

void mapping_init(struct mapping *mapping, const struct mapping_ops *ops, void *host)
{
    spinlock_init(&mapping->lock, "mapping", MAPPING);
    mapping->pages.root = NULL;
    mapping->changes.n = 0;
    mapping->page_count = 0;
    list_init(&mapping->regions);
    mapping->walks = 0;
    mapping->ops = ops;
    mapping->host = host;
    mapping->number = 0;
}

/* The node of the first page whose index is `index` or more. */
static struct rbnode *mapping_lower_bound(struct mapping *mapping, u32 index) must_hold(&mapping->lock)
{
    struct rbnode *best = NULL;

    for (struct rbnode *node = mapping->pages.root; node;) {
        if (page_index(page_of_tree_node(node)) >= index) {
            best = node;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return best;
}

struct page *mapping_find_locked(struct mapping *mapping, u32 index)
{
    struct page *page = NULL;
    struct rbnode *node;

    spin_lock(&mapping->lock);
    node = mapping_lower_bound(mapping, index);
    if (node && page_index(page_of_tree_node(node)) == index) {
        page = page_of_tree_node(node);
        page_get(page); /* under the lock: the tree's own reference keeps it alive so far */
    }
    spin_unlock(&mapping->lock);
    return page;
}

static void mapping_run_locked(struct mapping *mapping, u32 first, u32 count, struct page **pages)
{
    struct rbnode *node;

    for (u32 i = 0; i < count; i++)
        pages[i] = NULL;
    spin_lock(&mapping->lock);
    for (node = mapping_lower_bound(mapping, first); node; node = rb_next(node)) {
        struct page *page = page_of_tree_node(node);
        u32 at = page_index(page) - first;
        if (at >= count)
            break;
        if (!page_bit_test(page, PAGE_UPTODATE))
            continue;
        page_get(page);
        pages[at] = page;
    }
    spin_unlock(&mapping->lock);
}

void mapping_find_run(struct mapping *mapping, u32 first, u32 count, struct page **pages)
{
    if (unlikely(!mapping_run_lockfree(mapping, first, count, pages)))
        mapping_run_locked(mapping, first, count, pages);
}

static int mapping_insert_locked(struct mapping *mapping, struct page *page, u32 index)
    must_hold(&mapping->lock)
{
    struct rbnode *parent = NULL;
    bool left = false;

    for (struct rbnode *node = mapping->pages.root; node;) {
        u32 at = page_index(page_of_tree_node(node));
        if (at == index)
            return -EEXIST;
        parent = node;
        left = index < at;
        node = left ? node->left : node->right;
    }
    page_get(page);
    page_set_mapping(page, mapping, index);
    seq_write_begin(&mapping->changes);
    rb_insert(&mapping->pages, page_tree_node(page), parent, left);
    seq_write_end(&mapping->changes);
    mapping->page_count++;
    count_event(cache_add);
    return 0;
}

int mapping_insert(struct mapping *mapping, struct page *page, u32 index)
{
    int error;

    assert(page_is_locked(page)); /* or somebody finds it and takes it for one whose read failed */
    assert(!page_mapping(page));
    error = mapping->ops->charge ? mapping->ops->charge(mapping) : 0;
    if (error)
        return error;
    spin_lock(&mapping->lock);
    error = mapping_insert_locked(mapping, page, index);
    if (error && mapping->ops->uncharge)
        mapping->ops->uncharge(mapping);
    spin_unlock(&mapping->lock);
    return error;
}

u32 mapping_pages_cached(void)
{
    u32 dropped =
        counter_sum(COUNT_cache_drop); /* first: what goes meanwhile is one too many, and never -1 */
    return counter_sum(COUNT_cache_add) - dropped;
}

static struct page *mapping_take(struct mapping *mapping, u32 first, u32 end)
{
    struct page *page = NULL;
    struct rbnode *node;

    spin_lock(&mapping->lock);
    node = mapping_lower_bound(mapping, first);
    if (node && page_index(page_of_tree_node(node)) < end) {
        page = page_of_tree_node(node);
        seq_write_begin(&mapping->changes);
        rb_remove(&mapping->pages, node);
        seq_write_end(&mapping->changes);
        page_set_mapping(page, NULL, 0);
        page_bit_set(page, PAGE_REMOVED); /* wherever it is still mapped: it is nobody's private copy */
        assert(mapping->page_count > 0);
        mapping->page_count--;
        count_event(cache_drop);
        if (mapping->ops->uncharge)
            mapping->ops->uncharge(mapping);
    }
    spin_unlock(&mapping->lock);
    return page;
}

void mapping_drop_range(struct mapping *mapping, u32 first, u32 end)
{
    struct page *page;

    while ((page = mapping_take(mapping, first, end)))
        page_put(page); /* the tree's reference; who reads or maps it still has one of its own */
}

void mapping_drop(struct mapping *mapping, u32 first_index)
{
    mapping_drop_range(mapping, first_index, ~0u);
}
