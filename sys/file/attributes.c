/* What is said of a file beside its contents, changed and asked: chmod, chown, access, utimensat. */
#include "arch/clock.h"
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

/* How a program's two times lie: timespecs of both widths, timevals, seconds alone (utime(2)). */
enum times { TIMES_NS, TIMES_NS_64, TIMES_US, TIMES_SECONDS };
static const u8 bytes_of[] = {[TIMES_NS] = 8, [TIMES_NS_64] = 16, [TIMES_US] = 8, [TIMES_SECONDS] = 4};

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

static int load_old_utime(vaddr_t at, bool has_us, u64 *time)
{
    u32 seconds, us = 0;
    if (user_load_u32(at, &seconds) || (has_us && user_load_u32(at + 4, &us)))
        return -EFAULT;
    if ((s32)seconds < 0 || us >= 1000000u)
        return -EINVAL;
    *time = seconds * NS_PER_SEC + us * 1000u;
    return 0;
}

static int load_one(vaddr_t at, enum times kind, u64 *time)
{
    return kind == TIMES_NS || kind == TIMES_NS_64 ? load_utime(at, kind == TIMES_NS_64, time)
                                                   : load_old_utime(at, kind == TIMES_US, time);
}

static s32 set_times(int dirfd, vaddr_t name, vaddr_t times, u32 flags, enum times kind)
{
    int error = 0;
    struct inode *inode = user_path_inode(dirfd, name, flags | (name ? 0 : AT_EMPTY_PATH), &error);
    if (!inode)
        return error;
    u64 atime = inode->atime, mtime = inode->mtime;
    if (!times)
        atime = mtime = fs_now();
    else if (!(error = load_one(times, kind, &atime)))
        error = load_one(times + bytes_of[kind], kind, &mtime);
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
    return set_times(dirfd, name, times, flags, TIMES_NS);
}
s32 sys_utimensat_time64(int dirfd, vaddr_t name, vaddr_t times, u32 flags)
{
    return set_times(dirfd, name, times, flags, TIMES_NS_64);
}
s32 sys_futimesat(int dirfd, vaddr_t name, vaddr_t times)
{
    return set_times(dirfd, name, times, 0, TIMES_US);
}
/* Only futimesat(2) knows a file without a name. */
s32 sys_utimes(vaddr_t name, vaddr_t times)
{
    return name ? set_times(AT_FDCWD, name, times, 0, TIMES_US) : -EFAULT;
}
s32 sys_utime(vaddr_t name, vaddr_t times)
{
    return name ? set_times(AT_FDCWD, name, times, 0, TIMES_SECONDS) : -EFAULT;
}
