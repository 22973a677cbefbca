/*
 * Writing a file's pages back (R47). A page may be written through mappings while it is on its way to the
 * disk; no byte of that may be taken for written back that is not. In this order:
 *
 *     PAGE_DIRTY is taken from the page              who dirties it from here on marks it again
 *     no entry of any space may be written           who wants to faults, and marks it (fault_shared_upgrade)
 *     every CPU has flushed                          ... even who had a translation that could
 *     the page is written
 *
 * What was stored before the flush is in the page when it is written; what is stored after it has faulted and
 * set PAGE_DIRTY. A store between the two that ends in both does no harm. An entry that is taken out
 * meanwhile tells of its D only after its own flush, for the same reason (mm/table/gather.c).
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/file/mapping.h"
#include "sync/sleep_lock.h"

#define BATCH 16u /* pages for which all spaces are searched once */

/* Keeps of the pages those that are dirty, and takes their mark. */
static u32 take_marks(struct page **pages, u32 n)
{
    u32 dirty = 0;

    for (u32 i = 0; i < n; i++) {
        if (!pages[i])
            continue;
        if (page_bit_test(pages[i], PAGE_DIRTY)) {
            page_bit_clear(pages[i], PAGE_DIRTY);
            pages[dirty++] = pages[i];
        } else {
            page_put(pages[i]);
        }
    }
    return dirty;
}

static int write_one(struct mapping *mapping, struct page *page,
                     int (*write)(struct mapping *mapping, struct page *page))
{
    int error = 0;

    page_lock(page);
    if (page_mapping(page) ==
        mapping) /* else it left the file meanwhile, and what is behind that is cut, too */
        error = write(mapping, page);
    if (error)
        page_bit_set(page, PAGE_DIRTY); /* the next attempt finds it */
    page_unlock(page);
    return error;
}

static int write_all(struct mapping *mapping, struct page **pages, u32 n,
                     int (*write)(struct mapping *mapping, struct page *page))
{
    int error = 0;

    for (u32 i = 0; i < n; i++) {
        int this_one = write_one(mapping, pages[i], write);
        error = error ? error : this_one;
    }
    return error;
}

static int clean_batch(struct mapping *mapping, u32 first, u32 count,
                       int (*write)(struct mapping *mapping, struct page *page))
{
    struct page *pages[BATCH];
    int error = 0;
    u32 dirty;

    mapping_find_run(mapping, first, count, pages);
    dirty = take_marks(pages, count);
    if (dirty == 0)
        return 0;
    if (mutant(R47))
        error = write_all(mapping, pages, dirty, write);
    mapping_write_protect(mapping, first, first + count);
    if (!mutant(R47))
        error = write_all(mapping, pages, dirty, write);
    for (u32 i = 0; i < dirty; i++)
        page_put(pages[i]);
    return error;
}

int mapping_clean(struct mapping *mapping, u32 first, u32 end,
                  int (*write)(struct mapping *mapping, struct page *page))
{
    int error = 0;

    might_sleep();
    for (u32 at = first, n; at < end; at += n) {
        n = MIN(BATCH, end - at);
        int this_one = clean_batch(mapping, at, n, write);
        error = error ? error : this_one;
    }
    return error;
}
