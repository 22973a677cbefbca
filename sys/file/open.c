/* open, creat, close, memfd_create: open(2). */
#include "arch/user.h"
#include "fs/dir.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/file/user_path.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

/* A fresh regular file under the walk's last name. -EEXIST: somebody was faster, walk again. */
static int create_at(struct path *path, u32 mode)
{
    if (!*path->last || path->must_be_dir)
        return -EISDIR;
    struct inode *inode = tmpfs_create(S_IFREG | (mode & S_PERM & ~READ_ONCE(thread_current()->fs->umask)));
    if (!inode)
        return -ENOMEM;
    int error = dir_link(path->dir, path->last, inode);
    if (error)
        inode_put(inode);
    else
        path->inode = inode;
    return error;
}

/* A file in the directory of that name, without a name of its own: linkat(2) may give it one, unless O_EXCL
 * says that nobody shall. The path is held on success. */
static int open_nameless(int dirfd, vaddr_t name, u32 flags, u32 mode, struct path *path)
{
    if ((flags & O_TMPFILE) != O_TMPFILE || (flags & O_CREAT) || !(flags & O_ACCMODE))
        return -EINVAL;
    int error = user_path_walk(dirfd, name, PATH_FOLLOW, path);
    if (error)
        return error;
    struct inode *dir = path->inode, *inode = NULL;
    if (!inode_is_dir(dir))
        error = -ENOTDIR;
    else if (dir->ops && dir->ops->lookup)
        error = -EOPNOTSUPP; /* its entries are made by the kernel */
    else if (!(inode = tmpfs_create(S_IFREG | (mode & S_PERM & ~READ_ONCE(thread_current()->fs->umask)))))
        error = -ENOMEM;
    if (error) {
        path_put(path);
        return error;
    }
    inode->nameless = flags & O_EXCL;
    inode_put(dir);
    path->inode = inode;
    return 0;
}

static int check_opened(struct inode *inode, u32 flags)
{
    if ((flags & O_DIRECTORY) && !inode_is_dir(inode))
        return -ENOTDIR;
    if (inode_is_dir(inode) && (flags & (O_ACCMODE | O_CREAT | O_TRUNC)))
        return -EISDIR;
    if (inode_type(inode) == S_IFLNK && !(flags & O_PATH))
        return -ELOOP;
    return inode_type(inode) == S_IFCHR && !inode->file_ops ? -ENXIO : 0;
}

/* The walk and, where asked, the creation. The path is held on success. */
static int open_walk(int dirfd, vaddr_t name, u32 flags, u32 mode, struct path *path)
{
    bool create = flags & O_CREAT, exclusive = create && (flags & O_EXCL);
    for (;;) {
        int error = user_path_walk(
            dirfd, name, (exclusive || (flags & O_NOFOLLOW) ? 0 : PATH_FOLLOW) | (create ? PATH_MAY_LACK : 0),
            path);
        if (error)
            return error;
        if (path->inode && exclusive)
            error = -EEXIST;
        else if (path->inode)
            error = check_opened(path->inode, flags);
        else
            error = create_at(path, mode);
        if (!error)
            return 0;
        path_put(path);
        if (error != -EEXIST || exclusive)
            return error;
    }
}

s32 sys_openat(int dirfd, vaddr_t name, u32 flags, u32 mode)
{
    struct path path;
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int error =
        (flags & O_TMPFILE & ~O_DIRECTORY ? open_nameless : open_walk)(dirfd, name, flags, mode, &path);
    if (error)
        return error;
    if ((flags & O_TRUNC) && tmpfs_is_file(path.inode)) /* opened for reading too: as Linux does */
        error = tmpfs_truncate_closed(path.inode, 0);
    struct file *file =
        error ? NULL : file_open(path.inode, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC), &error);
    path_put(&path);
    return file ? fd_give(file, flags & O_CLOEXEC) : error;
}

s32 sys_open(vaddr_t name, u32 flags, u32 mode)
{
    return sys_openat(AT_FDCWD, name, flags, mode);
}
s32 sys_creat(vaddr_t name, u32 mode)
{
    return sys_openat(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
s32 sys_close(int fd)
{
    return fd_close(fd);
}

s32 sys_close_range(u32 first, u32 last, u32 flags)
{
    if (first > last || (flags & ~4u))
        return -EINVAL;
    for (int fd = fd_next(thread_current()->files, (int)MIN(first, FD_MAX)); fd >= 0 && (u32)fd <= last;
         fd = fd_next(thread_current()->files, fd + 1)) {
        if (flags & 4u) /* CLOSE_RANGE_CLOEXEC */
            fd_close_on_exec(fd, 1);
        else
            fd_close(fd);
    }
    return 0;
}

/* A file without a name in the tree; its name is only shown. memfd_create(2). */
s32 sys_memfd_create(vaddr_t name, u32 flags)
{
    char label[NAME_MAX];
    int error = copy_string_from_user(label, name, sizeof(label) - 6);
    if (error < 0)
        return error == -ENAMETOOLONG ? -EINVAL : error;
    if (flags & ~3u) /* MFD_CLOEXEC, MFD_ALLOW_SEALING */
        return -EINVAL;
    struct inode *inode = tmpfs_create_unnamed(0777);
    struct file *file = inode ? file_open(inode, O_RDWR, &error) : NULL;
    char *shown = kmalloc(sizeof(label) + 8, GFP_KERNEL);
    if (!file || !shown) {
        kfree(shown);
        file_put(file);
        inode_put(inode);
        return -ENOMEM;
    }
    fmt_snprintf(shown, sizeof(label) + 8, "memfd:%s", label);
    inode->target = shown; /* goes with the inode */
    inode->seals = flags & 2 ? 0 : F_SEAL_SEAL;
    inode_put(inode);
    return fd_give(file, flags & 1);
}

s32 sys_pipe2(vaddr_t fds_at, u32 flags)
{
    struct file *ends[2];
    int fds[2] = {-1, -1}, error;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    error = pipe_create(flags & O_NONBLOCK, &ends[0], &ends[1]);
    if (error)
        return error;
    for (int i = 0; i < 2; i++) {
        fds[i] = error ? -1 : fd_install(ends[i], 0, flags & O_CLOEXEC);
        if (fds[i] < 0) {
            error = error ? error : fds[i];
            file_put(ends[i]);
        }
    }
    if (!error && copy_to_user(fds_at, fds, sizeof(fds)))
        error = -EFAULT;
    for (int i = 0; error && i < 2; i++)
        if (fds[i] >= 0)
            fd_close(fds[i]);
    return error;
}
s32 sys_pipe(vaddr_t fds_at)
{
    return sys_pipe2(fds_at, 0);
}
