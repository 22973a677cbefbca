/* Names: mkdir, unlink, rename, link, symlink, working directory. */
#include "arch/user.h"
#include "fs/devices.h"
#include "fs/dir.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/file/user_path.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

static u32 masked(u32 mode)
{
    return mode & S_PERM & ~READ_ONCE(thread_current()->fs->umask);
}

/* Links an inode (whose reference is consumed) at a name that must not exist. A directory has one name for
 * good. */
static s32 make_node(int dirfd, vaddr_t name, struct inode *inode)
{
    struct path path;
    if (!inode)
        return -ENOMEM;
    int error = user_path_walk(dirfd, name, PATH_MAY_LACK, &path);
    if (!error) {
        if (path.inode || !*path.last)
            error = -EEXIST;
        else if (path.must_be_dir && !inode_is_dir(inode))
            error = -ENOENT;
        else if (inode_is_dir(inode) && READ_ONCE(inode->dentry))
            error = -EPERM;
        else
            error = dir_link(path.dir, path.last, inode);
        path_put(&path);
    }
    inode_put(inode);
    return error;
}

s32 sys_mkdirat(int dirfd, vaddr_t name, u32 mode)
{
    return make_node(dirfd, name, tmpfs_create(S_IFDIR | masked(mode)));
}
s32 sys_mkdir(vaddr_t name, u32 mode)
{
    return sys_mkdirat(AT_FDCWD, name, mode);
}

s32 sys_mknodat(int dirfd, vaddr_t name, u32 mode, u32 rdev)
{
    switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
        return make_node(dirfd, name, tmpfs_create(S_IFREG | masked(mode)));
    case S_IFIFO:
        return make_node(dirfd, name, inode_create(S_IFIFO | masked(mode), &pipe_file_ops, NULL));
    case S_IFCHR:
        return make_node(dirfd, name, device_node(rdev, masked(mode)));
    default:
        return -EPERM;
    }
}
s32 sys_mknod(vaddr_t name, u32 mode, u32 rdev)
{
    return sys_mknodat(AT_FDCWD, name, mode, rdev);
}

s32 sys_symlinkat(vaddr_t target_at, int dirfd, vaddr_t name)
{
    int error;
    char *target = path_from_user(target_at, &error);
    if (!target)
        return error;
    error = *target ? make_node(dirfd, name, tmpfs_create_link(target, strlen(target))) : -ENOENT;
    kfree(target);
    return error;
}
s32 sys_symlink(vaddr_t target, vaddr_t name)
{
    return sys_symlinkat(target, AT_FDCWD, name);
}

s32 sys_linkat(int old_dir, vaddr_t old_name, int new_dir, vaddr_t new_name, u32 flags)
{
    int error;
    u32 at = (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW);
    struct inode *inode = user_path_inode(old_dir, old_name, at, &error);
    return inode ? make_node(new_dir, new_name, inode) : error;
}
s32 sys_link(vaddr_t old_name, vaddr_t new_name)
{
    return sys_linkat(AT_FDCWD, old_name, AT_FDCWD, new_name, 0);
}

static s32 remove_name(int dirfd, vaddr_t name, bool want_dir)
{
    struct path path;
    int error = user_path_walk(dirfd, name, 0, &path);
    if (error)
        return error;
    if (!*path.last)
        error = want_dir ? (path.inode == fs_root ? -EBUSY : -EINVAL) : -EISDIR;
    else if (path.must_be_dir && !inode_is_dir(path.inode))
        error = -ENOTDIR;
    else
        error = dir_unlink(path.dir, path.last, want_dir);
    path_put(&path);
    return error;
}

s32 sys_unlinkat(int dirfd, vaddr_t name, u32 flags)
{
    return flags & ~AT_REMOVEDIR ? -EINVAL : remove_name(dirfd, name, flags & AT_REMOVEDIR);
}
s32 sys_unlink(vaddr_t name)
{
    return remove_name(AT_FDCWD, name, false);
}
s32 sys_rmdir(vaddr_t name)
{
    return remove_name(AT_FDCWD, name, true);
}

s32 sys_renameat2(int old_dir, vaddr_t old_name, int new_dir, vaddr_t new_name, u32 flags)
{
    struct path from, to;
    if (flags & ~1u) /* RENAME_NOREPLACE */
        return -EINVAL;
    int error = user_path_walk(old_dir, old_name, PATH_MAY_LACK, &from);
    if (error)
        return error;
    error = user_path_walk(new_dir, new_name, PATH_MAY_LACK, &to);
    if (!error) {
        if (!*from.last || !*to.last)
            error = -EBUSY;
        else if (!from.inode)
            error = -ENOENT;
        else if (from.inode == to.inode) /* two names of one file, or one: nothing to do, says POSIX */
            error = flags & 1u ? -EEXIST : 0;
        else if (to.must_be_dir && !inode_is_dir(from.inode))
            error = -ENOTDIR;
        else
            error = dir_rename(from.dir, from.last, to.dir, to.last, flags & 1u);
        path_put(&to);
    }
    path_put(&from);
    return error;
}
s32 sys_renameat(int old_dir, vaddr_t old_name, int new_dir, vaddr_t new_name)
{
    return sys_renameat2(old_dir, old_name, new_dir, new_name, 0);
}
s32 sys_rename(vaddr_t old_name, vaddr_t new_name)
{
    return sys_renameat2(AT_FDCWD, old_name, AT_FDCWD, new_name, 0);
}

s32 sys_readlinkat(int dirfd, vaddr_t name, vaddr_t to, s32 size)
{
    int error;
    if (size <= 0)
        return -EINVAL;
    struct inode *inode = user_path_inode(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &error);
    if (!inode)
        return error;
    char *text = kmalloc(PATH_MAX, GFP_KERNEL);
    int n = text ? inode_readlink(inode, text, PATH_MAX) : -ENOMEM;
    if (n > 0) {
        n = MIN(n, size);
        n = copy_to_user(to, text, (size_t)n) ? -EFAULT : n;
    }
    kfree(text);
    inode_put(inode);
    return n;
}
s32 sys_readlink(vaddr_t name, vaddr_t to, s32 size)
{
    return sys_readlinkat(AT_FDCWD, name, to, size);
}

static s32 change_dir(struct inode *inode)
{
    int error = inode_is_dir(inode) ? 0 : -ENOTDIR;
    if (!error)
        fs_context_set_cwd(thread_current()->fs, inode);
    inode_put(inode);
    return error;
}

s32 sys_chdir(vaddr_t name)
{
    int error;
    struct inode *inode = user_path_inode(AT_FDCWD, name, 0, &error);
    return inode ? change_dir(inode) : error;
}

s32 sys_fchdir(int fd)
{
    struct file *file = fd_get(fd);
    if (!file)
        return -EBADF;
    inode_get(file->inode);
    s32 result = change_dir(file->inode);
    file_put(file);
    return result;
}

s32 sys_getcwd(vaddr_t to, u32 size)
{
    char *text = kmalloc(PATH_MAX, GFP_KERNEL);
    struct inode *cwd = fs_context_cwd(thread_current()->fs);
    int n = text ? inode_path(cwd, text, PATH_MAX) : -ENOMEM;
    if (n >= 0 && (u32)n + 1 > size)
        n = -ERANGE;
    if (n >= 0)
        n = copy_to_user(to, text, (size_t)n + 1) ? -EFAULT : n + 1;
    inode_put(cwd);
    kfree(text);
    return n;
}

s32 sys_umask(u32 mask)
{
    struct fs_context *fs = thread_current()->fs;
    u32 former = READ_ONCE(fs->umask);
    WRITE_ONCE(fs->umask, mask & 0777);
    return (s32)former;
}
