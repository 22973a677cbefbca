/*
 * sendfile: from a regular file to anything that can be written. sendfile(2).
 *
 * Files take their bytes from user memory, which the page cache is not. So the stretch of the file is mapped
 * into the program, shared and read-only, written from there, and unmapped again: what a program would do
 * itself, and the faults that the write takes bring the pages in.
 */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/tmpfs.h"
#include "mm/space/mm.h"
#include "sys/file/fd_table.h"
#include "sys/syscalls.h"

#define PIECE_MAX (1u << 20)

/* One piece. Bytes written, or -errno. */
static s32 send_piece(struct file *out, struct inode *in, u32 position, u32 n)
{
    u32 skip = position % PAGE_SIZE, length = ALIGN_UP(skip + n, PAGE_SIZE);
    const struct mmap_request r = {.length = length,
                                   .vm_flags = VM_READ | VM_SHARED,
                                   .mapping = &in->mapping,
                                   .pgoff = position >> PAGE_SHIFT};
    s32 at = mm_mmap(current->mm, &r);
    if (at < 0 && at >= -4095)
        return at;
    s32 done = file_write(out, (vaddr_t)at + skip, n);
    int error = mm_munmap(current->mm, (vaddr_t)at, length);
    return error ? error : done;
}

static s32 send(struct file *out, struct file *in, u64 *position, size_t n)
{
    size_t done = 0;
    if (!tmpfs_is_file(in->inode) || !file_readable(in))
        return !file_readable(in) ? -EBADF : -EINVAL;
    while (done < n) {
        u32 size = READ_ONCE(in->inode->size);
        if (*position >= size)
            break;
        u32 piece = (u32)MIN(MIN(n - done, PIECE_MAX), size - *position);
        s32 sent = send_piece(out, in->inode, (u32)*position, piece);
        if (sent < 0)
            return done ? (s32)done : sent;
        *position += (u32)sent;
        done += (u32)sent;
        if ((u32)sent < piece)
            break;
    }
    return (s32)done;
}

/* offset_at 0: the input's own position, which moves on. */
static s32 send_call(int out_fd, int in_fd, vaddr_t offset_at, size_t n, size_t offset_bytes)
{
    struct file *out = fd_get(out_fd), *in = fd_get(in_fd);
    u64 position = in ? in->position : 0;
    s32 result = out && in ? 0 : -EBADF;
    if (!result && offset_at) {
        position = 0;
        result = copy_from_user(&position, offset_at, offset_bytes);
    }
    if (!result)
        result = send(out, in, &position, n);
    if (result >= 0 && offset_at && copy_to_user(offset_at, &position, offset_bytes))
        result = -EFAULT;
    else if (result >= 0 && !offset_at)
        file_seek(in, (s64)position, SEEK_SET);
    file_put(out);
    file_put(in);
    return result;
}

s32 sys_sendfile(int out, int in, vaddr_t offset_at, size_t n)
{
    return send_call(out, in, offset_at, n, 4);
}
s32 sys_sendfile64(int out, int in, vaddr_t offset_at, size_t n)
{
    return send_call(out, in, offset_at, n, 8);
}
