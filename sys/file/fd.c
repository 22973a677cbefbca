/* dup, fcntl, ioctl: what is done to a number or to what it names. */
#include "arch/user.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "sys/file/fd_table.h"
#include "sys/file/lock.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

static s32 duplicate(int fd, int from, bool close_on_exec)
{
    struct file *file = fd_get(fd);
    if (!file)
        return -EBADF;
    u64 limit = READ_ONCE(process_current()->limits[RLIMIT_NOFILE][0]);
    int copy = (u32)from >= MIN(limit, (u64)FD_MAX) ? -EINVAL : fd_install(file, from, close_on_exec);
    if (copy < 0)
        file_put(file);
    return copy;
}

s32 sys_dup(int fd)
{
    return duplicate(fd, 0, false);
}

s32 sys_dup3(int old, int new, u32 flags)
{
    if (old == new || (flags & ~O_CLOEXEC))
        return -EINVAL;
    struct file *file = fd_get(old);
    if (!file)
        return -EBADF;
    int error = fd_replace(new, file, flags & O_CLOEXEC);
    if (error)
        file_put(file);
    return error ? error : new;
}

s32 sys_dup2(int old, int new)
{
    if (old != new)
        return sys_dup3(old, new, 0);
    struct file *file = fd_get(old);
    file_put(file);
    return file ? new : -EBADF;
}

enum { F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL };
#define F_DUPFD_CLOEXEC 1030u
#define F_SETPIPE_SZ    1031u
#define F_GETPIPE_SZ    1032u
#define F_ADD_SEALS     1033u
#define F_GET_SEALS     1034u
#define SETTABLE        (O_APPEND | O_NONBLOCK)

static s32 add_seals(struct file *file, u32 seals)
{
    if (!tmpfs_is_file(file->inode) || (seals & ~31u))
        return -EINVAL;
    return file_writable(file) ? tmpfs_add_seals(file->inode, seals) : -EPERM;
}

static s32 file_fcntl(struct file *file, int fd, u32 command, u32 arg)
{
    switch (command) {
    case F_GETFD:
        return fd_close_on_exec(fd, -1);
    case F_SETFD:
        return MIN(fd_close_on_exec(fd, arg & 1), 0);
    case F_GETFL:
        return (s32)(READ_ONCE(file->flags) | 0100000u); /* O_LARGEFILE: every file here may be large */
    case F_SETFL:
        WRITE_ONCE(file->flags, (file->flags & ~SETTABLE) | (arg & SETTABLE));
        return 0;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_GETLK64:
    case F_SETLK64:
    case F_SETLKW64:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return file_lock_fcntl(file, fd, command, arg);
    case F_ADD_SEALS:
        return add_seals(file, arg);
    case F_GET_SEALS:
        return tmpfs_is_file(file->inode) ? (s32)READ_ONCE(file->inode->seals) : -EINVAL;
    case F_GETPIPE_SZ:
        return pipe_size(file);
    case F_SETPIPE_SZ:
        return pipe_resize(file, arg, READ_ONCE(process_current()->uid[1]) == 0);
    default:
        return -EINVAL;
    }
}

s32 sys_fcntl64(int fd, u32 command, u32 arg)
{
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        return duplicate(fd, (int)arg, command == F_DUPFD_CLOEXEC);
    struct file *file = fd_get(fd);
    s32 result = file ? file_fcntl(file, fd, command, arg) : -EBADF;
    file_put(file);
    return result;
}

static s32 file_ioctl(struct file *file, int fd, u32 command, vaddr_t arg)
{
    u32 word;
    switch (command) {
    case 0x5450: /* FIONCLEX */
    case 0x5451: /* FIOCLEX */
        return MIN(fd_close_on_exec(fd, command == 0x5451), 0);
    case 0x5421: /* FIONBIO */
        if (user_load_u32(arg, &word))
            return -EFAULT;
        WRITE_ONCE(file->flags, word ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK);
        return 0;
    case 0x541b: /* FIONREAD */
        if (file->ops == &pipe_file_ops)
            return user_store_u32(arg, pipe_bytes(file));
        if (tmpfs_is_file(file->inode))
            return user_store_u32(arg, file->inode->size - (u32)READ_ONCE(file->position));
        break;
    }
    return file->ops->ioctl ? file->ops->ioctl(file, command, arg) : -ENOTTY;
}

s32 sys_ioctl(int fd, u32 command, vaddr_t arg)
{
    struct file *file = fd_get(fd);
    s32 result = file ? file_ioctl(file, fd, command, arg) : -EBADF;
    file_put(file);
    return result;
}
