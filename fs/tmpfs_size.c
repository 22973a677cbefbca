/*
 * tmpfs: files that are cut, or get a hole.
 *
 * Truncation takes pages out of the cache and out of every page table that shows them
 * (mm/file/mapping_regions.c).
 */
#include "fs/tmpfs_private.h"
#include "lib/string.h"
#include "sched/task.h"

/* Bytes [from, to) of one page of the file, if it has that. */
static void zero_part(struct inode *inode, u32 from, u32 to)
{
    struct page *page = from < to ? mapping_find(&inode->mapping, from >> PAGE_SHIFT) : NULL;
    if (!page)
        return;
    char *p = page_map(page);
    memset(p + from % PAGE_SIZE, 0, to - from);
    page_unmap(p);
    page_put(page);
}

/* The bytes past the new end in its last page must read as zeroes when the file grows again. */
static void zero_tail(struct inode *inode, u32 size)
{
    zero_part(inode, size, ALIGN_UP(size, PAGE_SIZE));
}

int tmpfs_punch(struct inode *inode, u64 offset, u64 length)
{
    int error = 0;
    mutex_lock(&inode->lock);
    u32 from = (u32)MIN(offset, (u64)inode->size), to = (u32)MIN(offset + length, (u64)inode->size);
    u32 first = ALIGN_UP(from, PAGE_SIZE), end = ALIGN_DOWN(to, PAGE_SIZE);
    if (to == inode->size)
        end = ALIGN_UP(to, PAGE_SIZE); /* what is behind the size is zero already */
    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
        error = -EPERM;
    } else if (first >= end) {
        zero_part(inode, from, MIN(to, first));
        zero_part(inode, MAX(first, from), MAX(to, first));
    } else {
        zero_part(inode, from, first);
        zero_part(inode, end, MAX(to, end));
        mapping_remove(&inode->mapping, first >> PAGE_SHIFT, end >> PAGE_SHIFT, false);
    }
    mutex_unlock(&inode->lock);
    return error;
}

int tmpfs_truncate(struct inode *inode, u64 size)
{
    if (!tmpfs_is_file(inode))
        return inode_is_dir(inode) ? -EISDIR : -EINVAL;
    if (size > TMPFS_SIZE_MAX)
        return -EFBIG;
    mutex_lock(&inode->lock);
    bool shrinks = size < inode->size;
    if ((shrinks && (inode->seals & F_SEAL_SHRINK)) || (size > inode->size && (inode->seals & F_SEAL_GROW))) {
        mutex_unlock(&inode->lock);
        return -EPERM;
    }
    if (size > inode->size && tmpfs_within_limit(size, size) < 0) {
        mutex_unlock(&inode->lock);
        return -EFBIG;
    }
    WRITE_ONCE(inode->size, (u32)size);
    if (shrinks) {
        mapping_remove(&inode->mapping, (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), ~0u, true);
        zero_tail(inode, (u32)size);
    }
    inode->mtime = inode->ctime = fs_now();
    mutex_unlock(&inode->lock);
    return 0;
}

int tmpfs_truncate_closed(struct inode *inode, u64 size)
{
    int error = inode_begin_writing(inode);
    if (error)
        return error;
    error = tmpfs_truncate(inode, size);
    inode_end_writing(inode);
    return error;
}
