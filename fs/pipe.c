/*
 * What goes through a pipe. Writes of up to PIPE_BUF bytes are atomic: such a writer waits until all of it fits.
 *
 * The ring is guarded by a mutex because the copy to or from user memory happens inside it and may sleep in a
 * fault. A sleeper lets go of it first and tests its condition again after taking it: counts are read without
 * it only to decide whether to go on sleeping.
 */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/pipe_private.h"
#include "lib/string.h"

void (*pipe_broken_hook)(void);

/* Moves up to n bytes between the ring at `at` and user memory, in at most two pieces. Bytes moved. */
static always_inline u32 ring_copy(struct pipe *pipe, u32 at, vaddr_t user, u32 n, bool to_user)
{
    u32 done = 0;
    while (done < n) {
        u32 place = (at + done) & (pipe->size - 1), part = MIN(n - done, pipe->size - place);
        size_t left = to_user ? copy_to_user_partial(user + done, pipe->ring + place, part)
                              : copy_from_user_partial(pipe->ring + place, user + done, part);
        done += part - (u32)left;
        if (left)
            break;
    }
    return done;
}

/* Bytes that would fit; an old answer is as good as one that is old a moment later. */
static u32 pipe_room(struct pipe *pipe)
{
    u32 size = READ_ONCE(pipe->size), used = READ_ONCE(pipe->used);
    return size > used ? size - used : 0;
}

static s32 pipe_take(struct pipe *pipe, vaddr_t user, size_t n)
{
    mutex_lock(&pipe->lock);
    u32 want = MIN(n, pipe->used), done = ring_copy(pipe, pipe->head, user, want, true);
    pipe->head = (pipe->head + done) & (pipe->size - 1);
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
    u32 first = MIN(n, pipe->size - at);
    memcpy(pipe->ring + at, bytes, first);
    memcpy(pipe->ring, bytes + first, n - first);
    return n;
}

/* What fits now: all of an atomic write or nothing. From `bytes`, or from user memory where that is NULL. */
static always_inline s32 pipe_put_bytes(struct pipe *pipe, const char *bytes, vaddr_t user, size_t n,
                                        bool atomic)
{
    mutex_lock(&pipe->lock);
    u32 room = pipe->size - pipe->used, want = atomic && n > room ? 0 : MIN(n, room);
    u32 at = (pipe->head + pipe->used) & (pipe->size - 1);
    u32 done = bytes ? ring_fill(pipe, at, bytes, want) : ring_copy(pipe, at, user, want, false);
    assert(pipe->used + done <= pipe->size);
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
        if (wait_event_interruptible(&pipe->wait, pipe_room(pipe) >= need || !READ_ONCE(pipe->readers)))
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
        mask |= (pipe_room(pipe) >= PIPE_BUF ? POLL_OUT : 0) | (READ_ONCE(pipe->readers) ? 0 : POLL_ERR);
    return mask;
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
