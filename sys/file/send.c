/*
 * From a regular file to anything that can be written, sendfile(2), or to another, copy_file_range(2).
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

/* One piece, to `out_position` or (NULL) where `out` is. Bytes written, or -errno. */
static s32 send_piece(struct file *out, u64 *out_position, struct inode *in, u32 position, u32 n)
{
    u32 skip = position % PAGE_SIZE, length = ALIGN_UP(skip + n, PAGE_SIZE);
    const struct mmap_request r = {.length = length,
                                   .vm_flags = VM_READ | VM_SHARED,
                                   .mapping = &in->mapping,
                                   .pgoff = position >> PAGE_SHIFT};
    s32 at = mm_mmap(current->mm, &r);
    if (at < 0 && at >= -4095)
        return at;
    s32 done = out_position ? file_pwrite(out, (vaddr_t)at + skip, n, *out_position)
                            : file_write(out, (vaddr_t)at + skip, n);
    int error = mm_munmap(current->mm, (vaddr_t)at, length);
    return error ? error : done;
}

/* Both positions move on. The input is a regular file, open for reading. */
static s32 move_stretch(struct file *out, u64 *out_position, struct file *in, u64 *position, size_t n)
{
    size_t done = 0;
    while (done < n) {
        u32 size = READ_ONCE(in->inode->size);
        if (*position >= size)
            break;
        u32 piece = (u32)MIN(MIN(n - done, PIECE_MAX), size - *position);
        s32 sent = send_piece(out, out_position, in->inode, (u32)*position, piece);
        if (sent < 0)
            return done ? (s32)done : sent;
        *position += (u32)sent;
        if (out_position)
            *out_position += (u32)sent;
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
    if (!result && (!tmpfs_is_file(in->inode) || !file_readable(in)))
        result = !file_readable(in) ? -EBADF : -EINVAL;
    if (!result)
        result = move_stretch(out, NULL, in, &position, n);
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

/* What copy_file_range(2) asks of its two files. */
static int check_copy(const struct file *in, const struct file *out)
{
    if (inode_is_dir(in->inode) || inode_is_dir(out->inode))
        return -EISDIR;
    if (!tmpfs_is_file(in->inode) || !tmpfs_is_file(out->inode))
        return -EINVAL;
    return !file_readable(in) || !file_writable(out) || (out->flags & O_APPEND) ? -EBADF : 0;
}

/* In one file the two stretches must not meet; what lies beyond the input's end is no part of them. */
static s32 copy_range(struct file *in, u64 from, struct file *out, u64 to, size_t n, u64 *moved)
{
    u32 size = READ_ONCE(in->inode->size);
    if (from + n < from || to + n < to)
        return -EOVERFLOW;
    if ((s64)from < 0 || (s64)to < 0)
        return -EINVAL;
    n = from >= size ? 0 : (size_t)MIN(MIN(n, size - from), TRANSFER_MAX);
    if (in->inode == out->inode && to + n > from && to < from + n)
        return -EINVAL;
    s32 done = move_stretch(out, &to, in, &from, n);
    *moved = done > 0 ? (u32)done : 0;
    return done;
}

/* A position that the caller keeps at `at`, or (0) the file's own. */
static int load_position(struct file *file, vaddr_t at, u64 *position)
{
    *position = file->position;
    return at ? copy_from_user(position, at, sizeof(*position)) : 0;
}
static int store_position(struct file *file, vaddr_t at, u64 position)
{
    if (at)
        return copy_to_user(at, &position, sizeof(position));
    file_seek(file, (s64)position, SEEK_SET);
    return 0;
}

static s32 copy_call(struct file *in, vaddr_t in_at, struct file *out, vaddr_t out_at, size_t n)
{
    u64 from, to, moved = 0;
    if (load_position(in, in_at, &from) || load_position(out, out_at, &to))
        return -EFAULT;
    s32 result = check_copy(in, out);
    if (!result)
        result = copy_range(in, from, out, to, n, &moved);
    if (moved && (store_position(in, in_at, from + moved) || store_position(out, out_at, to + moved)))
        return -EFAULT;
    return result;
}

s32 sys_copy_file_range(int in_fd, vaddr_t in_at, int out_fd, vaddr_t out_at, size_t n, u32 flags)
{
    struct file *in = fd_get(in_fd), *out = fd_get(out_fd);
    s32 result = flags ? -EINVAL : in && out ? copy_call(in, in_at, out, out_at, n) : -EBADF;
    file_put(in);
    file_put(out);
    return result;
}
