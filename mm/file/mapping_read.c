/*
 * One read, however many ask (R03).
 *
 * The page lock decides who reads. A page enters the tree locked and not up to date; who finds it so waits
 * for the lock, and having it looks again: up to date means another has done the work, not up to date means
 * that its read failed and it is our turn to try.
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/space/mm_private.h"

static atomic_t reads_begun; /* of all files: a read's number in wait chains */

/* With the page locked: makes it up to date or says why not. */
static int page_fill(struct mapping *mapping, struct page *page)
{
    int error;

    if (page_bit_test(page, PAGE_UPTODATE))
        return 0;
    if (page_mapping(page) != mapping)
        return -EAGAIN; /* dropped from the file while we waited for its lock */
    count_event_anywhere(pgfault_file_read);
    current->read_number = (u32)atomic_inc(&reads_begun);
    error = mapping->ops->read_page(mapping, page);
    current->read_number = 0;
    if (error) {
        page_bit_set(page, PAGE_ERROR);
        return error;
    }
    page_bit_clear(page, PAGE_ERROR);
    page_bit_set(page, PAGE_UPTODATE); /* a full barrier: the contents come first (R04) */
    return 0;
}

/* A locked page of ours in the tree. NULL with *error: -EEXIST when another put one there first, -ENOSPC or -ENOMEM.
 */
static struct page *mapping_add(struct mapping *mapping, u32 index, int *error)
{
    struct page *page = page_alloc(GFP_USER);
    bool locked;

    *error = -ENOMEM;
    if (!page)
        return NULL;
    locked = page_try_lock(page);
    assert(locked);
    race_point(R03); /* the tree had no such page; another task may insert one now */
    *error = mapping_insert(mapping, page, index);
    if (!*error)
        return page;
    if (*error == -EEXIST)
        count_event_anywhere(recheck_lost_cache);
    if (mutant(R03) && *error == -EEXIST) { /* a twin that the file knows nothing of */
        *error = mapping->ops->read_page(mapping, page);
        page_bit_set(page, PAGE_UPTODATE);
        return page;
    }
    page_unlock(page);
    page_put(page);
    return NULL;
}

/* The page, referenced and locked. */
static struct page *mapping_find_or_add(struct mapping *mapping, u32 index, int *error)
{
    struct page *page = mapping_find(mapping, index);

    if (!page)
        return mapping_add(mapping, index, error);
    *error = page_lock_killable(page);
    if (!*error)
        return page;
    page_put(page);
    return NULL;
}

struct page *mapping_read(struct mapping *mapping, u32 index, int *error)
{
    struct page *page = mapping_find(mapping, index);

    might_sleep();
    *error = 0;
    if (page && page_bit_test(page, PAGE_UPTODATE))
        return page;
    if (page)
        page_put(page);
    do {
        page = mapping_find_or_add(mapping, index, error);
        if (!page)
            continue;
        *error = page_fill(mapping, page);
        page_unlock(page);
        if (!*error)
            return page;
        page_put(page);
    } while (*error == -EEXIST || *error == -EAGAIN);
    return NULL;
}
