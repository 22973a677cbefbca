/*
 * A page of a file that somebody brings with its contents, where else it would be read (mapping_read.c):
 * userfaultfd. It enters the tree locked and not up to date as one that is read does, so that whoever finds
 * it waits until it is decided whether it stays.
 */
#include "diag/assert.h"
#include "lib/errno.h"
#include "mm/file/mapping.h"

int mapping_provide(struct mapping *mapping, u32 index, struct page *page)
{
    bool locked;
    int error;

    if (index >= mapping_pages(mapping))
        return -EFAULT;
    locked = page_try_lock(page);
    assert(locked);
    error = mapping_insert(mapping, page, index);
    if (!error && index >= mapping_pages(mapping))
        error = -EFAULT; /* the file was cut meanwhile: what stays is a page that nobody has read yet */
    if (!error) {
        page_bit_set(page, PAGE_DIRTY);
        page_bit_set(page, PAGE_UPTODATE); /* a full barrier: the contents come first (R04) */
    }
    page_unlock(page);
    return error;
}
