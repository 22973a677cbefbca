/* read, write and their kin. */
#include "arch/user.h"
#include "fs/page_io.h"
#include "fs/tmpfs.h"
#include "sys/file/fd_table.h"
#include "sys/file/user_path.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

s32 sys_read(int fd, vaddr_t to, size_t n)
{
    bool counted;
    struct file *file = fd_borrow(fd, &counted);
    s32 result = file ? file_read(file, to, n) : -EBADF;
    fd_return(file, counted);
    return result;
}

s32 sys_write(int fd, vaddr_t from, size_t n)
{
    bool counted;
    struct file *file = fd_borrow(fd, &counted);
    s32 result = file ? file_write(file, from, n) : -EBADF;
    fd_return(file, counted);
    return result;
}

s32 sys_pread64(int fd, vaddr_t to, size_t n, u32 low, u32 high)
{
    bool counted;
    struct file *file = fd_borrow(fd, &counted);
    s32 result = file ? file_pread(file, to, n, (u64)high << 32 | low) : -EBADF;
    fd_return(file, counted);
    return result;
}

s32 sys_pwrite64(int fd, vaddr_t from, size_t n, u32 low, u32 high)
{
    bool counted;
    struct file *file = fd_borrow(fd, &counted);
    s32 result = file ? file_pwrite(file, from, n, (u64)high << 32 | low) : -EBADF;
    fd_return(file, counted);
    return result;
}

static s64 seek_call(int fd, s64 offset, int whence)
{
    struct file *file = fd_get(fd);
    s64 result = file ? file_seek(file, offset, whence) : -EBADF;
    file_put(file);
    return result;
}

s32 sys_lseek(int fd, s32 offset, int whence)
{
    s64 result = seek_call(fd, offset, whence);
    return result > 0x7fffffff ? -EOVERFLOW : (s32)result;
}

s32 sys__llseek(int fd, u32 high, u32 low, vaddr_t result_at, int whence)
{
    s64 result = seek_call(fd, (s64)((u64)high << 32 | low), whence);
    if (result < 0)
        return (s32)result;
    return copy_to_user(result_at, &result, sizeof(result));
}

static s32 truncate_fd(int fd, u64 size)
{
    struct file *file = fd_get(fd);
    s32 result = (s64)size < 0          ? -EINVAL
                 : !file                ? -EBADF
                 : !file_writable(file) ? -EINVAL
                                        : tmpfs_truncate(file->inode, size);
    file_put(file);
    return result;
}

s32 sys_ftruncate(int fd, s32 size)
{
    return truncate_fd(fd, (u64)(s64)size);
}
s32 sys_ftruncate64(int fd, u32 low, u32 high)
{
    return truncate_fd(fd, (u64)high << 32 | low);
}

/* Only what a file without disk blocks can mean: the size grows, or a hole is zeroed (punched). fallocate(2).
 */
s32 sys_fallocate(int fd, u32 mode, u32 offset_low, u32 offset_high, u32 length_low, u32 length_high)
{
    u64 offset = (u64)offset_high << 32 | offset_low, length = (u64)length_high << 32 | length_low;
    if ((s64)offset < 0 || (s64)length <= 0)
        return -EINVAL;
    if ((mode & ~3u) || mode == 2) /* KEEP_SIZE 1; PUNCH_HOLE 2 only together with it */
        return -EOPNOTSUPP;
    struct file *file = fd_get(fd);
    s32 result = !file || !file_writable(file) ? -EBADF : 0;
    if (!result && !tmpfs_is_file(file->inode))
        result = file_takes_position(file) ? -ENODEV : -ESPIPE;
    if (!result && (mode & 2u))
        result = tmpfs_punch(file->inode, offset, length);
    else if (!result && !(mode & 1u) && offset + length > file->inode->size)
        result = tmpfs_truncate(file->inode, offset + length);
    file_put(file);
    return result;
}

static s32 sync_fd(int fd)
{
    struct file *file = fd_get(fd);
    file_put(file);
    return file ? 0 : -EBADF;
}
/* tmpfs has nothing behind it: what is written is as safe as it gets. */
s32 sys_fsync(int fd)
{
    return sync_fd(fd);
}
s32 sys_fdatasync(int fd)
{
    return sync_fd(fd);
}
s32 sys_syncfs(int fd)
{
    return sync_fd(fd);
}
s32 sys_sync(void)
{
    return 0;
}

/* Nothing follows: tmpfs's pages are nowhere else. posix_fadvise(2). */
static s32 advise(int fd, s64 length, u32 advice)
{
    struct file *file = fd_get(fd);
    s32 result = !file                                     ? -EBADF
                 : (file->inode->mode & S_IFMT) == S_IFIFO ? -ESPIPE
                 : length < 0 || advice > 5 /* NOREUSE */  ? -EINVAL
                                                           : 0;
    file_put(file);
    return result;
}
s32 sys_fadvise64(int fd, u32 offset_low, u32 offset_high, s32 length, u32 advice)
{
    return advise(fd, length, advice);
}
s32 sys_fadvise64_64(int fd, u32 offset_low, u32 offset_high, u32 low, u32 high, u32 advice)
{
    return advise(fd, (s64)((u64)high << 32 | low), advice);
}
s32 sys_readahead(int fd)
{
    return sync_fd(fd);
}

static s32 truncate_path(vaddr_t name, u64 size)
{
    int error;
    if ((s64)size < 0)
        return -EINVAL;
    struct inode *inode = user_path_inode(AT_FDCWD, name, 0, &error);
    if (!inode)
        return error;
    error = tmpfs_truncate_closed(inode, size);
    inode_put(inode);
    return error;
}
s32 sys_truncate(vaddr_t name, s32 size)
{
    return truncate_path(name, (u64)(s64)size);
}
s32 sys_truncate64(vaddr_t name, u32 low, u32 high)
{
    return truncate_path(name, (u64)high << 32 | low);
}
