/* From a user's path to an inode. */
#include "sys/file/user_path.h"
#include "arch/user.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/process/process.h"

char *path_from_user(vaddr_t from, int *error)
{
    char *path = kmalloc(PATH_MAX, GFP_KERNEL);
    int n = path ? copy_string_from_user(path, from, PATH_MAX) : -ENOMEM;
    *error = n < 0 ? n : 0;
    if (n >= 0)
        return path;
    kfree(path);
    return NULL;
}

/* Where a relative path starts, referenced. */
static struct inode *base_of(int dirfd, const char *path, int *error)
{
    *error = *path ? 0 : -ENOENT; /* whatever the descriptor is */
    if (*error)
        return NULL;
    if (dirfd == AT_FDCWD || *path == '/')
        return fs_context_cwd(thread_current()->fs);
    struct file *file = fd_get(dirfd);
    if (!file || !inode_is_dir(file->inode)) {
        *error = file ? -ENOTDIR : -EBADF;
        file_put(file);
        return NULL;
    }
    struct inode *base = file->inode;
    inode_get(base);
    file_put(file);
    return base;
}

int user_path_walk(int dirfd, vaddr_t name, unsigned flags, struct path *path)
{
    int error;
    char *text = path_from_user(name, &error);
    if (!text)
        return error;
    struct inode *base = base_of(dirfd, text, &error);
    if (base)
        error = path_walk(base, text, flags, path);
    inode_put(base);
    kfree(text);
    return error;
}

static struct inode *fd_inode(int fd, int *error)
{
    struct file *file = fd_get(fd);
    *error = file ? 0 : -EBADF;
    if (!file)
        return NULL;
    struct inode *inode = file->inode;
    inode_get(inode);
    file_put(file);
    return inode;
}

struct inode *user_path_inode(int dirfd, vaddr_t name, u32 at_flags, int *error)
{
    struct path path;
    if (at_flags & AT_EMPTY_PATH) {
        char first = 0;
        if (name && copy_from_user(&first, name, 1)) {
            *error = -EFAULT;
            return NULL;
        }
        if (!first)
            return dirfd == AT_FDCWD ? fs_context_cwd(thread_current()->fs) : fd_inode(dirfd, error);
    }
    *error = user_path_walk(dirfd, name, at_flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW, &path);
    if (*error)
        return NULL;
    struct inode *inode = path.inode;
    inode_get(inode);
    path_put(&path);
    return inode;
}
