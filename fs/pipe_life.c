/* Pipes: how they begin and end, who has them open, how much they hold. pipe(7), fifo(7). */
#include "diag/assert.h"
#include "fs/pipe_private.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"

#define PIPE_SIZE_DEFAULT 65536u
#define PIPE_SIZE_MAX     (1u << 20) /* for who is nobody special: fcntl(2), pipe-max-size */
#define PIPE_RING_MAX     (1u << 24) /* and for all */

/* The usual ones from the slab; what kmalloc() does not give, and few want, from the kernel window. */
static char *ring_alloc(u32 size)
{
    return size <= PIPE_SIZE_DEFAULT ? kmalloc(size, GFP_KERNEL) : kvalloc(size, "a pipe", 0);
}

static void ring_free(char *ring, u32 size)
{
    if (size <= PIPE_SIZE_DEFAULT)
        kfree(ring);
    else
        kvfree(ring);
}

static struct pipe *pipe_alloc(void)
{
    struct pipe *pipe = fs_alloc(sizeof(*pipe));
    char *ring = pipe ? ring_alloc(PIPE_SIZE_DEFAULT) : NULL;
    if (!ring) {
        kfree(pipe);
        return NULL;
    }
    pipe->ring = ring;
    pipe->size = PIPE_SIZE_DEFAULT;
    mutex_init(&pipe->lock, "pipe", FILE);
    waitqueue_init(&pipe->wait);
    return pipe;
}

static void pipe_inode_release(struct inode *inode)
{
    struct pipe *pipe = inode->data;
    if (!pipe)
        return;
    assert(pipe->readers == 0 && pipe->writers == 0);
    ring_free(pipe->ring, pipe->size);
    kfree(pipe);
}
static const struct inode_ops pipe_inode_ops = {.release = pipe_inode_release};

/* ---- who has it open ---- */

static void pipe_count(struct file *file, int n)
{
    struct pipe *pipe = file->inode->data;
    mutex_lock(&pipe->lock);
    if (file_readable(file)) {
        WRITE_ONCE(pipe->readers, pipe->readers + (u32)n);
        pipe->opens_r += n > 0;
    }
    if (file_writable(file)) {
        WRITE_ONCE(pipe->writers, pipe->writers + (u32)n);
        pipe->opens_w += n > 0;
    }
    mutex_unlock(&pipe->lock);
    wake_all(&pipe->wait);
}

/* A named pipe gets its ring at the first open; both racers allocate, one wins under the inode's lock. */
static int fifo_prepare(struct inode *inode)
{
    struct pipe *fresh = pipe_alloc();
    if (!fresh)
        return -ENOMEM;
    mutex_lock(&inode->lock);
    if (!inode->data) {
        inode->data = fresh;
        inode->ops = &pipe_inode_ops;
        fresh = NULL;
    }
    mutex_unlock(&inode->lock);
    if (fresh) {
        ring_free(fresh->ring, fresh->size);
        kfree(fresh);
    }
    return 0;
}

/* fifo(7): an open for one direction waits for the other; with O_NONBLOCK a writer is refused, a reader is
 * not. */
int pipe_open(struct file *file)
{
    int error = file->inode->data ? 0 : fifo_prepare(file->inode);
    if (error)
        return error;
    struct pipe *pipe = file->inode->data;
    u32 seen_r = pipe->opens_r, seen_w = pipe->opens_w;
    bool nonblock = file->flags & O_NONBLOCK, reads = file_readable(file), writes = file_writable(file);
    if (writes && !reads && nonblock && !READ_ONCE(pipe->readers))
        return -ENXIO;
    pipe_count(file, 1);
    if (nonblock || (reads && writes))
        return 0;
    if (reads)
        error = wait_event_interruptible(&pipe->wait,
                                         READ_ONCE(pipe->writers) || READ_ONCE(pipe->opens_w) != seen_w);
    else
        error = wait_event_interruptible(&pipe->wait,
                                         READ_ONCE(pipe->readers) || READ_ONCE(pipe->opens_r) != seen_r);
    if (error)
        pipe_count(file, -1);
    return error ? -ERESTARTSYS : 0;
}

void pipe_release(struct file *file)
{
    pipe_count(file, -1);
}

/* ---- the size ---- */

s32 pipe_size(struct file *file)
{
    const struct pipe *pipe = file->inode->data;
    return file->ops == &pipe_file_ops ? (s32)READ_ONCE(pipe->size) : -EBADF;
}

/* What it holds moves to the front of a ring of *size bytes; what is left over is returned, its size in *size:
 * the old ring, or `fresh` where not all fits into it. */
static char *change_ring(struct pipe *pipe, char *fresh, u32 *size)
{
    mutex_lock(&pipe->lock);
    char *former = pipe->ring;
    u32 first = MIN(pipe->used, pipe->size - pipe->head), wanted = *size;
    if (pipe->used > wanted) {
        mutex_unlock(&pipe->lock);
        return fresh;
    }
    memcpy(fresh, former + pipe->head, first);
    memcpy(fresh + first, former, pipe->used - first);
    pipe->ring = fresh;
    pipe->head = 0;
    *size = pipe->size;
    WRITE_ONCE(pipe->size, wanted);
    mutex_unlock(&pipe->lock);
    wake_all(&pipe->wait); /* there may be room now */
    return former;
}

s32 pipe_resize(struct file *file, u32 wanted, bool unlimited)
{
    u32 size = PAGE_SIZE;
    if (file->ops != &pipe_file_ops)
        return -EBADF;
    if (wanted > 1u << 31)
        return -EINVAL;
    while (size < wanted)
        size *= 2;
    if (size > PIPE_SIZE_MAX && !unlimited)
        return -EPERM;
    char *fresh = size <= PIPE_RING_MAX ? ring_alloc(size) : NULL;
    if (!fresh)
        return -ENOMEM;
    u32 left_size = size;
    char *left = change_ring(file->inode->data, fresh, &left_size);
    ring_free(left, left_size);
    return left == fresh ? -EBUSY : (s32)size;
}

/* ---- a pipe without a name ---- */

int pipe_create(u32 flags, struct file **reader, struct file **writer)
{
    struct inode *inode = inode_create(S_IFIFO | 0600, &pipe_file_ops, &pipe_inode_ops);
    if (!inode)
        return -ENOMEM;
    inode->data = pipe_alloc();
    int error = inode->data ? 0 : -ENOMEM;
    *reader = *writer = NULL;
    /* Opened without waiting for each other, then set to what was asked. */
    if (!error)
        *reader = file_open(inode, O_NONBLOCK, &error);
    if (!error)
        *writer = file_open(inode, O_WRONLY | O_NONBLOCK, &error);
    inode_put(inode);
    if (error) {
        file_put(*reader);
        return error;
    }
    (*reader)->flags = flags & O_NONBLOCK;
    (*writer)->flags = O_WRONLY | (flags & O_NONBLOCK);
    return 0;
}
