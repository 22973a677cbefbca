/*
 * Regular files that live in the page cache alone. A hole is a page that nobody asked for yet; reading one
 * makes a page of zeroes. Sizes are below 4 GiB, so that the size is one word that a fault reads without a
 * lock.
 *
 * Truncation takes pages out of the cache and out of every page table that shows them
 * (mm/file/mapping_regions.c).
 */
#include "fs/tmpfs.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "fs/file.h"
#include "fs/page_io.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"

#define TMPFS_SIZE_MAX 0xfffff000u

static int tmpfs_read_page(struct mapping *mapping, struct page *page)
{
    struct inode *inode = mapping->host;

    assert(page_is_locked(page));
    if (mutant(R36)) { /* write(2) holds it, and may fault in its copy */
        mutex_lock(&inode->lock);
        mutex_unlock(&inode->lock);
    }
    page_zero(page);
    return 0;
}
static u64 tmpfs_size(struct mapping *mapping)
{
    return READ_ONCE(((struct inode *)mapping->host)->size);
}
static void tmpfs_map_get(struct mapping *mapping)
{
    inode_get(mapping->host);
}
static void tmpfs_map_put(struct mapping *mapping)
{
    inode_put(mapping->host);
}
static int tmpfs_remove_pages(struct mapping *mapping, u32 first, u32 end)
{
    return tmpfs_punch(mapping->host, (u64)first << PAGE_SHIFT, (u64)(end - first) << PAGE_SHIFT);
}
static const struct mapping_ops tmpfs_mapping_ops = {
    .remove = tmpfs_remove_pages,
    .kind = "tmpfs file",
    .read_page = tmpfs_read_page,
    .size = tmpfs_size,
    .get = tmpfs_map_get,
    .put = tmpfs_map_put,
    .is_memory = true,
};
void tmpfs_mapping_init(struct inode *inode)
{
    mapping_init(&inode->mapping, &tmpfs_mapping_ops, inode);
}

struct inode *tmpfs_inode_of(const struct mapping *mapping)
{
    return mapping->ops == &tmpfs_mapping_ops ? mapping->host : NULL;
}

static s32 tmpfs_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct inode *inode = file->inode;
    u32 size = READ_ONCE(inode->size); /* pread(2) takes no lock */
    if (*position >= size)
        return 0;
    const u32 start = (u32)*position, end = start + MIN(n, size - start);
    u32 at = start;
    s32 moved = 0;
    while (at < end) {
        u32 in_page = at % PAGE_SIZE, part = MIN(end - at, PAGE_SIZE - in_page);
        struct page *page = mapping_read(&inode->mapping, at >> PAGE_SHIFT, &moved);
        if (!page)
            break;
        moved = page_to_user(page, in_page, user + (at - start), part);
        page_put(page);
        at += (u32)MAX(moved, 0);
        if (moved != (s32)part)
            break;
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
    s32 moved = 0;
    for (u32 part = 0; done < n && moved == (s32)part; done += MAX(moved, 0)) {
        u32 at = start + done;
        part = MIN(n - done, PAGE_SIZE - at % PAGE_SIZE);
        moved = write_part(inode, at, part, user + done, kernel ? (const char *)kernel + done : NULL);
    }
    inode->mtime = inode->ctime = fs_now();
    return done ? (s32)done : moved;
}

static s32 tmpfs_write(struct file *file, vaddr_t user, size_t n, u64 *position)
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

static const struct file_ops tmpfs_file_ops = {
    .read = tmpfs_read, .write = tmpfs_write, .seekable = true, .reads_unlocked = true};

bool tmpfs_is_file(const struct inode *inode)
{
    return inode->file_ops == &tmpfs_file_ops;
}

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

int tmpfs_add_seals(struct inode *inode, u32 seals)
{
    int error = 0;
    mutex_lock(&inode->lock);
    if (inode->seals & F_SEAL_SEAL)
        error = -EPERM;
    else if ((seals & F_SEAL_WRITE) && mapping_is_mapped(&inode->mapping, VM_SHARED | VM_MAYWRITE))
        error = -EBUSY;
    else
        inode->seals |= seals;
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
    WRITE_ONCE(inode->size, (u32)size);
    if (shrinks) {
        mapping_remove(&inode->mapping, (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), ~0u, true);
        zero_tail(inode, (u32)size);
    }
    inode->mtime = inode->ctime = fs_now();
    mutex_unlock(&inode->lock);
    return 0;
}

struct inode *tmpfs_create(u32 mode)
{
    struct inode *inode = inode_create(mode, (mode & S_IFMT) == S_IFREG ? &tmpfs_file_ops : NULL, NULL);
    if (inode)
        inode->seals = F_SEAL_SEAL;
    return inode;
}

struct inode *tmpfs_create_link(const char *target, size_t n)
{
    char *text = kmalloc(n + 1, GFP_KERNEL);
    struct inode *inode = text ? tmpfs_create(S_IFLNK | 0777) : NULL;
    if (!inode) {
        kfree(text);
        return NULL;
    }
    memcpy(text, target, n);
    text[n] = '\0';
    inode->target = text;
    inode->size = (u32)n;
    return inode;
}
