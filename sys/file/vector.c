/* readv, writev and their positioned forms: readv(2). */
#include "arch/user.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/iovec.h"
#include "sys/syscalls.h"

/* All pieces are looked at before the first is moved: one that is wrong refuses the call. */
static s32 load_vector(struct iovec *v, vaddr_t at, u32 count)
{
    u32 total = 0;
    if (copy_from_user(v, at, count * sizeof(*v)))
        return -EFAULT;
    for (u32 i = 0; i < count; i++) {
        if ((s32)v[i].length < 0)
            return -EINVAL;
        v[i].length = MIN(v[i].length, TRANSFER_MAX - total);
        total += v[i].length;
    }
    return 0;
}

/* Piece after piece, until one comes up short. fixed: at *position, which moves; else at the file's own.
 * A stream is read once: a second piece might sleep for what comes later, with bytes in hand. */
static s32 move_vector(struct file *file, const struct iovec *v, u32 count, bool writes, u64 *fixed)
{
    s32 total = 0;
    for (u32 i = 0; i < count; i++) {
        if (!v[i].length && (i + 1 < count || total))
            continue;
        s32 done = fixed ? (writes ? file_pwrite : file_pread)(file, v[i].base, v[i].length, *fixed)
                         : (writes ? file_write : file_read)(file, v[i].base, v[i].length);
        if (done < 0)
            return total ? total : done;
        total += done;
        if (fixed)
            *fixed += (u32)done;
        if ((u32)done < v[i].length || (done && !writes && !file_takes_position(file)))
            break;
    }
    return total;
}

/* No other writer's bytes come between the pieces: pipe(7) promises it, and programs that write their lines
 * in two pieces rely on it. */
static s32 write_gathered(struct file *file, const struct iovec *v, u32 count, u32 total)
{
    char *bytes = kmalloc(total, GFP_KERNEL);
    u32 at = 0;
    s32 result = bytes ? 0 : -ENOMEM;
    for (u32 i = 0; i < count && !result; at += v[i++].length)
        if (v[i].length)
            result = copy_from_user(bytes + at, v[i].base, v[i].length);
    if (!result)
        result = file->ops->write_whole(file, bytes, total);
    kfree(bytes);
    return result;
}

static u32 vector_length(const struct iovec *v, u32 count)
{
    u32 total = 0;
    for (u32 i = 0; i < count; i++)
        total += v[i].length;
    return total;
}

static s32 transfer_vector(struct file *file, const struct iovec *v, u32 count, bool writes, u64 *fixed)
{
    u32 total = vector_length(v, count);
    if (writes && file->ops->write_whole && total && total <= PIPE_BUF)
        return write_gathered(file, v, count, total);
    return move_vector(file, v, count, writes, fixed);
}

static s32 vector_io(struct file *file, vaddr_t iov, u32 count, bool writes, u64 *fixed)
{
    struct iovec few[8], *v = few;
    if (count > IOV_MAX)
        return -EINVAL;
    if (!(writes ? file_writable : file_readable)(file))
        return -EBADF;
    if (fixed && (!file_takes_position(file) || (s64)*fixed < 0))
        return file_takes_position(file) ? -EINVAL : -ESPIPE;
    if (count > ARRAY_SIZE(few) && !(v = kmalloc(count * sizeof(*v), GFP_KERNEL)))
        return -ENOMEM;
    s32 result = load_vector(v, iov, count);
    if (!result)
        result = transfer_vector(file, v, count, writes, fixed);
    if (v != few)
        kfree(v);
    return result;
}

static s32 vector_call(int fd, vaddr_t iov, u32 count, bool writes, u64 *fixed)
{
    struct file *file = fd_get(fd);
    s32 result = file ? vector_io(file, iov, count, writes, fixed) : -EBADF;
    file_put(file);
    return result;
}

s32 sys_readv(int fd, vaddr_t iov, u32 count)
{
    return vector_call(fd, iov, count, false, NULL);
}
s32 sys_writev(int fd, vaddr_t iov, u32 count)
{
    return vector_call(fd, iov, count, true, NULL);
}
s32 sys_preadv(int fd, vaddr_t iov, u32 count, u32 low, u32 high)
{
    u64 position = (u64)high << 32 | low;
    return vector_call(fd, iov, count, false, &position);
}
s32 sys_pwritev(int fd, vaddr_t iov, u32 count, u32 low, u32 high)
{
    u64 position = (u64)high << 32 | low;
    return vector_call(fd, iov, count, true, &position);
}
