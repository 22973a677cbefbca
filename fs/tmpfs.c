/*
 * Regular files that live in the page cache alone. A hole is a page that nobody asked for yet; reading one
 * makes a page of zeroes. Sizes are below 4 GiB, so that the size is one word that a fault reads without a
 * lock.
 *
 * tmpfs_io.c reads and writes, tmpfs_size.c cuts and grows, tmpfs_room.c counts the pages.
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "fs/tmpfs_private.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"

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
    .charge = tmpfs_charge,
    .uncharge = tmpfs_uncharge,
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

static const struct file_ops tmpfs_file_ops = {
    .read = tmpfs_read, .write = tmpfs_write, .seekable = true, .reads_unlocked = true};

bool tmpfs_is_file(const struct inode *inode)
{
    return inode->file_ops == &tmpfs_file_ops;
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

struct inode *tmpfs_create(u32 mode)
{
    bool regular = (mode & S_IFMT) == S_IFREG;
    struct inode *inode = inode_create(mode, regular ? &tmpfs_file_ops : NULL, NULL);
    if (inode) {
        inode->seals = F_SEAL_SEAL;
        inode->counts = regular;
    }
    return inode;
}

struct inode *tmpfs_create_unnamed(u32 mode)
{
    struct inode *inode = tmpfs_create(S_IFREG | mode);
    if (inode) {
        inode->counts = false;
        inode->nameless = true;
    }
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
