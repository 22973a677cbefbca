/*
 * A pipe. Writes of up to PIPE_BUF bytes are atomic: such a writer waits until all of it fits.
 *
 * The ring is guarded by a mutex because the copy to or from user memory happens inside it and may sleep in a
 * fault. A sleeper lets go of it first and tests its condition again after taking it: counts are read without
 * it only to decide whether to go on sleeping.
 *
 * Key: (l) pipe->lock; (a) written under it, READ_ONCE by sleepers.
 */
#include "fs/pipe.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

#define PIPE_SIZE 65536u

struct pipe {
    struct mutex lock;
    char *ring;            /* (c) the pointer; (l) the bytes */
    u32 head;              /* (l) where the next byte is read */
    u32 used;              /* (a) */
    u32 readers, writers;  /* (a) open files of each kind */
    u32 opens_r, opens_w;  /* (a) opens that ever happened: a FIFO's open waits for the other side's */
    struct waitqueue wait; /* both ends; few enough waiters to wake all */
};

void (*pipe_broken_hook)(void);

static struct pipe *pipe_alloc(void)
{
    struct pipe *pipe = fs_alloc(sizeof(*pipe));
    char *ring = pipe ? kmalloc(PIPE_SIZE, GFP_KERNEL) : NULL;
    if (!ring) {
        kfree(pipe);
        return NULL;
    }
    pipe->ring = ring;
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
    kfree(pipe->ring);
    kfree(pipe);
}
static const struct inode_ops pipe_inode_ops = {.release = pipe_inode_release};

/* Moves up to n bytes between the ring at `at` and user memory, in at most two pieces. Bytes moved. */
static always_inline u32 ring_copy(struct pipe *pipe, u32 at, vaddr_t user, u32 n, bool to_user)
{
    u32 done = 0;
    while (done < n) {
        u32 place = (at + done) % PIPE_SIZE, part = MIN(n - done, PIPE_SIZE - place);
        size_t left = to_user ? copy_to_user_partial(user + done, pipe->ring + place, part)
                              : copy_from_user_partial(pipe->ring + place, user + done, part);
        done += part - (u32)left;
        if (left)
            break;
    }
    return done;
}

static s32 pipe_take(struct pipe *pipe, vaddr_t user, size_t n)
{
    mutex_lock(&pipe->lock);
    u32 want = MIN(n, pipe->used), done = ring_copy(pipe, pipe->head, user, want, true);
    pipe->head = (pipe->head + done) % PIPE_SIZE;
    WRITE_ONCE(pipe->used, pipe->used - done);
    mutex_unlock(&pipe->lock);
    if (done)
        wake_all(&pipe->wait);
    return done || !want ? (s32)done : -EFAULT;
}

static s32 pipe_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct pipe *pipe = file->inode->data;
    if (n == 0)
        return 0;
    for (;;) {
        s32 done = READ_ONCE(pipe->used) ? pipe_take(pipe, user, n) : 0;
        if (done)
            return done;
        if (READ_ONCE(pipe->writers) == 0 && READ_ONCE(pipe->used) == 0)
            return 0;
        if (READ_ONCE(file->flags) & O_NONBLOCK)
            return -EAGAIN;
        if (wait_event_interruptible(&pipe->wait, READ_ONCE(pipe->used) || !READ_ONCE(pipe->writers)))
            return -ERESTARTSYS;
    }
}

/* The same from the kernel's memory, into the ring. */
static u32 ring_fill(struct pipe *pipe, u32 at, const char *bytes, u32 n)
{
    u32 first = MIN(n, PIPE_SIZE - at);
    memcpy(pipe->ring + at, bytes, first);
    memcpy(pipe->ring, bytes + first, n - first);
    return n;
}

/* What fits now: all of an atomic write or nothing. From `bytes`, or from user memory where that is NULL. */
static always_inline s32 pipe_put_bytes(struct pipe *pipe, const char *bytes, vaddr_t user, size_t n,
                                        bool atomic)
{
    mutex_lock(&pipe->lock);
    u32 room = PIPE_SIZE - pipe->used, want = atomic && n > room ? 0 : MIN(n, room);
    u32 at = (pipe->head + pipe->used) % PIPE_SIZE;
    u32 done = bytes ? ring_fill(pipe, at, bytes, want) : ring_copy(pipe, at, user, want, false);
    assert(pipe->used + done <= PIPE_SIZE);
    WRITE_ONCE(pipe->used, pipe->used + done);
    mutex_unlock(&pipe->lock);
    if (done)
        wake_all(&pipe->wait);
    return done || !want ? (s32)done : -EFAULT;
}

static always_inline s32 write_bytes(struct file *file, const char *bytes, vaddr_t user, size_t n)
{
    struct pipe *pipe = file->inode->data;
    bool atomic = n <= PIPE_BUF;
    u32 need = atomic ? (u32)n : 1, done = 0;
    while (done < n) {
        if (READ_ONCE(pipe->readers) == 0) {
            if (pipe_broken_hook && !done)
                pipe_broken_hook();
            return done ? (s32)done : -EPIPE;
        }
        s32 part = pipe_put_bytes(pipe, bytes, user + done, n - done, atomic);
        if (part < 0)
            return done ? (s32)done : part;
        done += (u32)part;
        if (part)
            continue;
        if (READ_ONCE(file->flags) & O_NONBLOCK)
            return done ? (s32)done : -EAGAIN;
        if (wait_event_interruptible(&pipe->wait,
                                     PIPE_SIZE - READ_ONCE(pipe->used) >= need || !READ_ONCE(pipe->readers)))
            return done ? (s32)done : -ERESTARTSYS;
    }
    return (s32)done;
}

static s32 pipe_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return write_bytes(file, NULL, user, n);
}

static s32 pipe_write_whole(struct file *file, const char *bytes, size_t n)
{
    assert(n <= PIPE_BUF);
    return write_bytes(file, bytes, 0, n);
}

static u32 pipe_poll(struct file *file, struct waitqueue **queue)
{
    struct pipe *pipe = file->inode->data;
    *queue = &pipe->wait;
    u32 used = READ_ONCE(pipe->used), mask = 0;
    if (file_readable(file))
        mask |= (used ? POLL_IN : 0) | (READ_ONCE(pipe->writers) ? 0 : POLL_HUP);
    if (file_writable(file))
        mask |= (PIPE_SIZE - used >= PIPE_BUF ? POLL_OUT : 0) | (READ_ONCE(pipe->readers) ? 0 : POLL_ERR);
    return mask;
}

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
        kfree(fresh->ring);
        kfree(fresh);
    }
    return 0;
}

/* fifo(7): an open for one direction waits for the other; with O_NONBLOCK a writer is refused, a reader is
 * not. */
static int pipe_open(struct file *file)
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

static void pipe_release(struct file *file)
{
    pipe_count(file, -1);
}

const struct file_ops pipe_file_ops = {
    .open = pipe_open,
    .release = pipe_release,
    .read = pipe_read,
    .write = pipe_write,
    .write_whole = pipe_write_whole,
    .poll = pipe_poll,
};

u32 pipe_bytes(struct file *file)
{
    return file->ops == &pipe_file_ops ? READ_ONCE(((struct pipe *)file->inode->data)->used) : 0;
}

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
