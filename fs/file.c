/* Open files: references, position, and the way to the kind's own operations. */
#include "fs/file.h"
#include "diag/assert.h"
#include "fs/file_lock.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

DEFINE_SLAB(file_cache, struct file, NULL);
static const struct file_ops no_operations;

struct file *file_open(struct inode *inode, u32 flags, int *error)
{
    struct file *file = slab_alloc(&file_cache, GFP_KERNEL);
    *error = file ? 0 : -ENOMEM;
    if (!file)
        return NULL;
    memset(file, 0, sizeof(*file));
    atomic_set(&file->refs, 1);
    inode_get(inode);
    file->inode = inode;
    file->flags = flags;
    file->watched = false;
    list_init(&file->watches);
    file->ops = inode->file_ops && !(flags & O_PATH) ? inode->file_ops : &no_operations;
    if (file_writable(file))
        *error = inode_begin_writing(inode);
    if (!*error && file->ops->open) {
        *error = file->ops->open(file);
        if (*error && file_writable(file))
            inode_end_writing(inode);
    }
    if (*error) {
        inode_put(inode);
        slab_free(&file_cache, file);
        return NULL;
    }
    return file;
}

void (*file_watched_hook)(struct file *file);

void file_get(struct file *file)
{
    int refs = atomic_inc(&file->refs);
    assert(refs > 1);
}

void file_put(struct file *file)
{
    if (!file)
        return;
    int refs = atomic_dec(&file->refs);
    assert(refs >= 0);
    if (refs > 0)
        return;
    if (READ_ONCE(file->watched))
        file_watched_hook(file);
    file_locks_drop(file->inode, file);
    if (file->ops->release)
        file->ops->release(file);
    if (file_writable(file))
        inode_end_writing(file->inode);
    inode_put(file->inode);
    slab_free(&file_cache, file);
}

int file_open_with_data(struct file *file)
{
    assert(file->inode->data);
    file->data = file->inode->data;
    return 0;
}

typedef s32 (*transfer_fn)(struct file *file, vaddr_t user, size_t n, u64 *position);

/* `position` is NULL where files have none, else under the inode's lock: what appends begins at the end,
 * pwrite(2) too (Linux's own way, against POSIX: BUGS there). */
static s32 transfer_at(struct file *file, transfer_fn fn, vaddr_t user, size_t n, u64 *position)
{
    if (!fn)
        return inode_is_dir(file->inode) ? -EISDIR : -EINVAL;
    if (position && n && fn == file->ops->write && (READ_ONCE(file->flags) & O_APPEND))
        *position = file->inode->size;
    return fn(file, user, MIN(n, TRANSFER_MAX), position);
}

static int before_read(struct file *file, transfer_fn fn, u64 position)
{
    return file->ops->before_read && fn == file->ops->read ? file->ops->before_read(file, position) : 0;
}

/* The inode's lock makes position and transfer one step for all who share the file. */
static s32 transfer(struct file *file, transfer_fn fn, vaddr_t user, size_t n)
{
    if (!file->ops->seekable)
        return transfer_at(file, fn, user, n, NULL);
    s32 result = before_read(file, fn, READ_ONCE(file->position));
    if (result)
        return result;
    mutex_lock(&file->inode->lock);
    u64 position = file->position;
    result = transfer_at(file, fn, user, n, &position);
    if (result >= 0)
        file->position = position;
    mutex_unlock(&file->inode->lock);
    return result;
}

s32 file_read(struct file *file, vaddr_t user, size_t n)
{
    return file_readable(file) ? transfer(file, file->ops->read, user, n) : -EBADF;
}

s32 file_write(struct file *file, vaddr_t user, size_t n)
{
    return file_writable(file) ? transfer(file, file->ops->write, user, n) : -EBADF;
}

static s32 transfer_fixed(struct file *file, transfer_fn fn, vaddr_t user, size_t n, u64 position)
{
    if (file->ops->placeless)
        return transfer_at(file, fn, user, n, &position);
    if (!file->ops->seekable)
        return inode_is_dir(file->inode) ? -EISDIR : -ESPIPE;
    s32 result = before_read(file, fn, position);
    if (result)
        return result;
    mutex_lock(&file->inode->lock);
    result = transfer_at(file, fn, user, n, &position);
    mutex_unlock(&file->inode->lock);
    return result;
}

s32 file_pread(struct file *file, vaddr_t user, size_t n, u64 position)
{
    if ((s64)position < 0)
        return -EINVAL;
    if (!file_readable(file))
        return -EBADF;
    if (file->ops->reads_unlocked)
        return file->ops->read(file, user, MIN(n, TRANSFER_MAX), &position);
    return transfer_fixed(file, file->ops->read, user, n, position);
}

s32 file_pwrite(struct file *file, vaddr_t user, size_t n, u64 position)
{
    if ((s64)position < 0)
        return -EINVAL;
    return file_writable(file) ? transfer_fixed(file, file->ops->write, user, n, position) : -EBADF;
}

static s64 seek_data(const struct inode *inode, s64 offset, int whence)
{
    if (offset < 0 || offset >= (s64)inode->size)
        return -ENXIO;
    return whence == SEEK_DATA ? offset : (s64)inode->size;
}

static s64 seek_from(const struct file *file, s64 offset, int whence)
{
    s64 from = whence == SEEK_CUR ? (s64)file->position : whence == SEEK_END ? (s64)file->inode->size : 0;

    if (whence == SEEK_DATA || whence == SEEK_HOLE)
        return seek_data(file->inode, offset, whence);
    if (whence < SEEK_SET || whence > SEEK_END || from + offset < 0)
        return -EINVAL;
    return from + offset;
}

s64 file_seek(struct file *file, s64 offset, int whence)
{
    bool dir = inode_is_dir(file->inode);
    if (file->ops->placeless)
        return 0;
    if (!file->ops->seekable && !dir)
        return -ESPIPE;
    mutex_lock(&file->inode->lock);
    s64 result = seek_from(file, offset, whence);
    if (result >= 0)
        file->position = (u64)result;
    mutex_unlock(&file->inode->lock);
    return result;
}

u32 file_poll(struct file *file, struct waitqueue **queue)
{
    *queue = NULL;
    u32 mask = file->ops->poll ? file->ops->poll(file, queue) : POLL_IN | POLL_OUT;
    return mask | POLL_NORMAL(mask);
}
