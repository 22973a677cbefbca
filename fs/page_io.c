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

static void page_to_kernel(struct page *page, u32 offset, void *to, size_t n)
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

/* The page is pinned, not locked: the copy may fault on this very page, or on one whose writer faults on this
 * one. mutant(R35) locks it. */
static void copy_begins(struct page *page)
{
    if (mutant(R35))
        page_lock(page);
    race_point(R35); /* whoever wants the page, or mmap_lock, goes on */
}
static void copy_ends(struct page *page)
{
    if (mutant(R35))
        page_unlock(page);
}

static s32 moved(size_t n, size_t left)
{
    return likely(left == 0) ? (s32)n : left == n ? -EFAULT : (s32)(n - left);
}

static s32 direct_to_user(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    copy_begins(page);
    size_t left = copy_to_user_partial(user, (char *)page_address(page) + offset, n);
    copy_ends(page);
    return moved(n, left);
}
static s32 direct_from_user(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    copy_begins(page);
    size_t left = copy_from_user_partial((char *)page_address(page) + offset, user, n);
    copy_ends(page);
    return moved(n, left);
}

s32 page_to_user(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    assert(offset + n <= PAGE_SIZE);
    if (page_is_direct(page))
        return direct_to_user(page, offset, user, n);
    void *buffer = kmalloc(n, GFP_KERNEL);
    if (!buffer)
        return -ENOMEM;
    page_to_kernel(page, offset, buffer, n);
    s32 done = moved(n, copy_to_user_partial(user, buffer, n));
    kfree(buffer);
    return done;
}

s32 page_from_user(struct page *page, u32 offset, vaddr_t user, size_t n)
{
    assert(offset + n <= PAGE_SIZE);
    if (page_is_direct(page))
        return direct_from_user(page, offset, user, n);
    void *buffer = kmalloc(n, GFP_KERNEL);
    if (!buffer)
        return -ENOMEM;
    s32 done = moved(n, copy_from_user_partial(buffer, user, n));
    if (done > 0)
        page_from_kernel(page, offset, buffer, (size_t)done);
    kfree(buffer);
    return done;
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
