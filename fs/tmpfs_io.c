/* tmpfs: reading and writing, a page at a time. */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/page_io.h"
#include "fs/tmpfs_private.h"

/* One page's worth. A hole that no page can be made of, for there is no room, is read as what it is: zeroes. */
static s32 read_part(struct inode *inode, u32 at, u32 part, vaddr_t user)
{
    s32 moved;
    struct page *page = mapping_read(&inode->mapping, at >> PAGE_SHIFT, &moved);
    if (!page && moved == -ENOSPC)
        return clear_user(user, part) ? -EFAULT : (s32)part;
    if (!page)
        return moved;
    moved = page_to_user(page, at % PAGE_SIZE, user, part);
    page_put(page);
    return moved;
}

s32 tmpfs_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct inode *inode = file->inode;
    u32 size = READ_ONCE(inode->size); /* pread(2) takes no lock */
    if (*position >= size)
        return 0;
    const u32 start = (u32)*position, end = start + MIN(n, size - start);
    u32 at = start;
    s32 moved = 0;
    for (u32 part = 0; at < end && moved == (s32)part; at += (u32)MAX(moved, 0)) {
        part = MIN(end - at, PAGE_SIZE - at % PAGE_SIZE);
        moved = read_part(inode, at, part, user + (at - start));
    }
    *position = at;
    return at > start ? (s32)(at - start) : moved;
}

/* One page's worth, from user or (kernel not NULL) kernel memory. The bytes written, fewer where user memory
 * ends, or -errno. */
static s32 write_part(struct inode *inode, u32 at, u32 part, vaddr_t user, const void *kernel)
{
    s32 moved;
    struct page *page = mapping_read(&inode->mapping, at >> PAGE_SHIFT, &moved);
    if (!page)
        return moved;
    if (kernel) {
        page_from_kernel(page, at % PAGE_SIZE, kernel, part);
        moved = (s32)part;
    } else {
        moved = page_from_user(page, at % PAGE_SIZE, user, part);
    }
    if (moved > 0) {
        page_bit_set(page, PAGE_DIRTY);
        if (at + (u32)moved > inode->size)
            WRITE_ONCE(inode->size, at + (u32)moved);
    }
    page_put(page);
    return moved;
}

static s32 write_at(struct inode *inode, u64 position, size_t n, vaddr_t user, const void *kernel)
{
    if (position >= TMPFS_SIZE_MAX)
        return -EFBIG;
    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    u32 start = (u32)position, done = 0;
    u32 limit = inode->seals & F_SEAL_GROW ? inode->size : TMPFS_SIZE_MAX;
    if (n && start >= limit)
        return -EPERM;
    n = MIN(n, limit - start);
    s64 allowed = n ? tmpfs_within_limit(start, (u64)start + n) : 0;
    if (allowed < 0)
        return (s32)allowed;
    n = (size_t)allowed;
    s32 moved = 0;
    for (u32 part = 0; done < n && moved == (s32)part; done += MAX(moved, 0)) {
        u32 at = start + done;
        part = MIN(n - done, PAGE_SIZE - at % PAGE_SIZE);
        moved = write_part(inode, at, part, user + done, kernel ? (const char *)kernel + done : NULL);
    }
    inode->mtime = inode->ctime = fs_now();
    return done ? (s32)done : moved;
}

s32 tmpfs_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    assert(mutex_is_held(&file->inode->lock));
    s32 done = write_at(file->inode, *position, n, user, NULL);
    if (done > 0)
        *position += (u32)done;
    return done;
}

int tmpfs_write_kernel(struct inode *inode, const void *from, size_t n, u32 offset)
{
    mutex_lock(&inode->lock);
    s32 done = write_at(inode, offset, n, 0, from);
    mutex_unlock(&inode->lock);
    if (done < 0)
        return done;
    return (size_t)done == n ? 0 : -ENOMEM;
}
