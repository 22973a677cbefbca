/*
 * A user copy may fault, and that fault may want the very page that we copy: so the page is only pinned,
 * never locked (R35). A frame above the direct map is reachable only with preemption off, where a fault
 * cannot be served; such a page goes through a buffer.
 */
#include "fs/page_io.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

void page_to_kernel(struct page *page, u32 offset, void *to, size_t n)
{
    assert(offset + n <= PAGE_SIZE);
    const char *p = page_map(page);
    memcpy(to, p + offset, n);
    page_unmap(p);
}

void page_from_kernel(struct page *page, u32 offset, const void *from, size_t n)
{
    assert(offset + n <= PAGE_SIZE);
    char *p = page_map(page);
    memcpy(p + offset, from, n);
    page_unmap(p);
}

static bool page_is_direct(const struct page *page)
{
    return page_pfn(page) < DIRECT_LIMIT_PFN;
}

int page_to_user(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    assert(offset + n <= PAGE_SIZE);
    if (page_is_direct(page))
        return copy_to_user(user, (char *)page_address(page) + offset, n);
    void *buffer = kmalloc(n, GFP_KERNEL);
    if (!buffer)
        return -ENOMEM;
    page_to_kernel(page, offset, buffer, n);
    int error = copy_to_user(user, buffer, n);
    kfree(buffer);
    return error;
}

#ifdef FL_TEST
/* R35's mistake: the page is kept locked while the program's memory is read, which may be this very page. */
static int copy_locked(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    int error;
    page_lock(page);
    error = copy_from_user((char *)page_address(page) + offset, user, n);
    page_unlock(page);
    return error;
}
#else
#define copy_locked(page, offset, user, n) 0
#endif

int page_from_user(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    assert(offset + n <= PAGE_SIZE);
    race_point(R36); /* the file's own lock is held, and the copy may fault */
    if (mutant(R35))
        return copy_locked(page, offset, user, n);
    if (page_is_direct(page))
        return copy_from_user((char *)page_address(page) + offset, user, n);
    void *buffer = kmalloc(n, GFP_KERNEL);
    if (!buffer)
        return -ENOMEM;
    int error = copy_from_user(buffer, user, n);
    if (!error)
        page_from_kernel(page, offset, buffer, n);
    kfree(buffer);
    return error;
}

s32 inode_read_kernel(struct inode *inode, void *to, size_t n, u32 offset)
{
    u32 size = READ_ONCE(inode->size), done = 0;
    n = offset < size ? MIN(n, size - offset) : 0;
    while (done < n) {
        u32 at = offset + done, in_page = at % PAGE_SIZE, part = MIN(n - done, PAGE_SIZE - in_page);
        int error;
        struct page *page = mapping_read(&inode->mapping, at >> PAGE_SHIFT, &error);
        if (!page)
            return error;
        page_to_kernel(page, in_page, (char *)to + done, part);
        page_put(page);
        done += part;
    }
    return (s32)done;
}
