/* What a file is: stat in its three layouts, statfs. */
#include "arch/user.h"
#include "fs/tmpfs.h"
#include "sys/file/fd_table.h"
#include "sys/file/user_path.h"
#include "sys/syscalls.h"

/* struct stat64 of i386: asm/stat.h. */
struct stat64 {
    u64 dev;
    u8 pad0[4];
    u32 old_ino, mode, nlink, uid, gid;
    u64 rdev;
    u8 pad3[4];
    s64 size;
    u32 blksize;
    u64 blocks;
    u32 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    u64 ino;
} packed;
static_assert(sizeof(struct stat64) == 96, "struct stat64 of i386");
struct statx_time {
    s64 seconds;
    u32 ns;
    s32 pad;
};
struct statx {
    u32 mask, blksize;
    u64 attributes;
    u32 nlink, uid, gid;
    u16 mode, pad;
    u64 ino, size, blocks, attributes_mask;
    struct statx_time atime, btime, ctime, mtime;
    u32 rdev_major, rdev_minor, dev_major, dev_minor;
    u64 spare[14];
};
static_assert(sizeof(struct statx) == 256, "struct statx");

#define DEVICE_NUMBER 1u
static u32 seconds(u64 ns)
{
    return (u32)(ns / 1000000000u);
}
static u32 rest(u64 ns)
{
    return (u32)(ns % 1000000000u);
}

static int put_stat64(struct inode *i, vaddr_t to)
{
    const struct stat64 st = {
        .dev = DEVICE_NUMBER,
        .old_ino = i->ino,
        .mode = i->mode,
        .nlink = i->nlink,
        .uid = i->uid,
        .gid = i->gid,
        .rdev = i->rdev,
        .size = i->size,
        .blksize = PAGE_SIZE,
        .blocks = (i->mapping.page_count * (u64)PAGE_SIZE) / 512,
        .atime = seconds(i->atime),
        .atime_ns = rest(i->atime),
        .mtime = seconds(i->mtime),
        .mtime_ns = rest(i->mtime),
        .ctime = seconds(i->ctime),
        .ctime_ns = rest(i->ctime),
        .ino = i->ino,
    };
    return copy_to_user(to, &st, sizeof(st));
}

static s32 stat_at(int dirfd, vaddr_t name, u32 at_flags, vaddr_t to)
{
    int error;
    struct inode *inode = user_path_inode(dirfd, name, at_flags, &error);
    if (!inode)
        return error;
    error = put_stat64(inode, to);
    inode_put(inode);
    return error;
}
s32 sys_stat64(vaddr_t name, vaddr_t to)
{
    return stat_at(AT_FDCWD, name, 0, to);
}
s32 sys_lstat64(vaddr_t name, vaddr_t to)
{
    return stat_at(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, to);
}
s32 sys_fstat64(int fd, vaddr_t to)
{
    return stat_at(fd, 0, AT_EMPTY_PATH, to);
}
s32 sys_fstatat64(int dirfd, vaddr_t name, vaddr_t to, u32 flags)
{
    return stat_at(dirfd, name, flags, to);
}

static struct statx_time statx_time(u64 ns)
{
    return (struct statx_time){(s64)(ns / 1000000000u), rest(ns), 0};
}

s32 sys_statx(int dirfd, vaddr_t name, u32 flags, u32 mask, vaddr_t to)
{
    int error;
    struct inode *i = user_path_inode(dirfd, name, flags, &error);
    if (!i)
        return error;
    const struct statx st = {
        .mask = 0x7ff,
        .blksize = PAGE_SIZE,
        .nlink = i->nlink,
        .uid = i->uid,
        .gid = i->gid,
        .mode = (u16)i->mode,
        .ino = i->ino,
        .size = i->size,
        .blocks = (i->mapping.page_count * (u64)PAGE_SIZE) / 512,
        .atime = statx_time(i->atime),
        .ctime = statx_time(i->ctime),
        .mtime = statx_time(i->mtime),
        .rdev_major = i->rdev >> 8,
        .rdev_minor = i->rdev & 0xff,
        .dev_minor = DEVICE_NUMBER,
    };
    error = copy_to_user(to, &st, sizeof(st));
    inode_put(i);
    return error;
}

/* struct statfs64 of i386: asm-generic/statfs.h, packed to 84 bytes. */
struct statfs64 {
    u32 type, bsize;
    u64 blocks, bfree, bavail, files, ffree;
    u32 fsid[2], namelen, frsize, flags, spare[4];
} packed;
static_assert(sizeof(struct statfs64) == 84, "struct statfs64 of i386");

static int put_statfs64(vaddr_t to)
{
    const struct tmpfs_room room = tmpfs_room();
    const struct statfs64 st = {.type = 0x01021994,
                                .bsize = PAGE_SIZE,
                                .blocks = room.pages,
                                .bfree = room.free,
                                .bavail = room.free,
                                .namelen = NAME_MAX,
                                .frsize = PAGE_SIZE};
    return copy_to_user(to, &st, sizeof(st));
}

s32 sys_statfs64(vaddr_t name, u32 size, vaddr_t to)
{
    int error;
    struct inode *inode = user_path_inode(AT_FDCWD, name, 0, &error);
    inode_put(inode);
    return !inode ? error : size < sizeof(struct statfs64) ? -EINVAL : put_statfs64(to);
}

s32 sys_fstatfs64(int fd, u32 size, vaddr_t to)
{
    struct file *file = fd_get(fd);
    file_put(file);
    return !file ? -EBADF : size < sizeof(struct statfs64) ? -EINVAL : put_statfs64(to);
}
