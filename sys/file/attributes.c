/* What is said of a file beside its contents, changed and asked: chmod, chown, access, utimensat. */
#include "arch/user.h"
#include "sys/file/user_path.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

static s32 change_mode(struct inode *inode, u32 mode)
{
    mutex_lock(&inode->lock);
    WRITE_ONCE(inode->mode, (inode->mode & S_IFMT) | (mode & S_PERM));
    inode->ctime = fs_now();
    mutex_unlock(&inode->lock);
    inode_put(inode);
    return 0;
}

s32 sys_fchmodat(int dirfd, vaddr_t name, u32 mode)
{
    int error;
    struct inode *inode = user_path_inode(dirfd, name, 0, &error);
    return inode ? change_mode(inode, mode) : error;
}
s32 sys_chmod(vaddr_t name, u32 mode)
{
    return sys_fchmodat(AT_FDCWD, name, mode);
}
s32 sys_fchmod(int fd, u32 mode)
{
    int error;
    struct inode *inode = user_path_inode(fd, 0, AT_EMPTY_PATH, &error);
    return inode ? change_mode(inode, mode) : error;
}

static s32 change_owner(struct inode *inode, u32 uid, u32 gid)
{
    mutex_lock(&inode->lock);
    inode->uid = uid == ~0u ? inode->uid : uid;
    inode->gid = gid == ~0u ? inode->gid : gid;
    inode->ctime = fs_now();
    mutex_unlock(&inode->lock);
    inode_put(inode);
    return 0;
}

s32 sys_fchownat(int dirfd, vaddr_t name, u32 uid, u32 gid, u32 flags)
{
    int error;
    struct inode *inode = user_path_inode(dirfd, name, flags, &error);
    return inode ? change_owner(inode, uid, gid) : error;
}
s32 sys_chown32(vaddr_t name, u32 uid, u32 gid)
{
    return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}
s32 sys_lchown32(vaddr_t name, u32 uid, u32 gid)
{
    return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}
s32 sys_fchown32(int fd, u32 uid, u32 gid)
{
    return sys_fchownat(fd, 0, uid, gid, AT_EMPTY_PATH);
}

/* Everybody is root here: what exists may be read and written; execution asks for one x bit. */
s32 sys_faccessat(int dirfd, vaddr_t name, u32 mode)
{
    int error;
    if (mode & ~7u)
        return -EINVAL;
    struct inode *inode = user_path_inode(dirfd, name, 0, &error);
    if (!inode)
        return error;
    error = (mode & 1) && !inode_is_dir(inode) && !(inode->mode & 0111) ? -EACCES : 0;
    inode_put(inode);
    return error;
}
s32 sys_access(vaddr_t name, u32 mode)
{
    return sys_faccessat(AT_FDCWD, name, mode);
}

#define UTIME_NOW  0x3fffffffu
#define UTIME_OMIT 0x3ffffffeu

/* One of utimensat's two: seconds and nanoseconds, or a special value in the latter. */
static int load_utime(vaddr_t at, bool time64, u64 *time)
{
    u32 ns = 0;
    if (user_load_u32(at + (time64 ? 8 : 4), &ns))
        return -EFAULT;
    if (ns == UTIME_OMIT)
        return 0;
    if (ns == UTIME_NOW) {
        *time = fs_now();
        return 0;
    }
    return user_time_load(at, time64, time);
}

static s32 set_times(int dirfd, vaddr_t name, vaddr_t times, u32 flags, bool time64)
{
    int error = 0;
    struct inode *inode = user_path_inode(dirfd, name, flags | (name ? 0 : AT_EMPTY_PATH), &error);
    if (!inode)
        return error;
    u64 atime = inode->atime, mtime = inode->mtime;
    if (!times)
        atime = mtime = fs_now();
    else if (!(error = load_utime(times, time64, &atime)))
        error = load_utime(times + (time64 ? 16 : 8), time64, &mtime);
    if (!error) {
        mutex_lock(&inode->lock);
        inode->atime = atime;
        inode->mtime = mtime;
        inode->ctime = fs_now();
        mutex_unlock(&inode->lock);
    }
    inode_put(inode);
    return error;
}
s32 sys_utimensat(int dirfd, vaddr_t name, vaddr_t times, u32 flags)
{
    return set_times(dirfd, name, times, flags, false);
}
s32 sys_utimensat_time64(int dirfd, vaddr_t name, vaddr_t times, u32 flags)
{
    return set_times(dirfd, name, times, flags, true);
}
