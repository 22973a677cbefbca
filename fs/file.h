/*
 * Open files. One struct file per open(): shared by dup, fork and threads.
 *
 * Key: (c) constant; (a) atomic; (i) guarded by inode->lock.
 */
#pragma once
#include "fs/inode.h"
#include "sync/waitqueue.h"

/* open(2)'s flags, i386. */
#define O_ACCMODE   03u
#define O_WRONLY    01u
#define O_RDWR      02u
#define O_CREAT     0100u
#define O_EXCL      0200u
#define O_TRUNC     01000u
#define O_APPEND    02000u
#define O_NONBLOCK  04000u
#define O_DIRECTORY 0200000u
#define O_NOFOLLOW  0400000u
#define O_CLOEXEC   02000000u
#define O_PATH      010000000u
#define O_TMPFILE   (020000000u | O_DIRECTORY)

/* Linux moves at most this much in one call, so that a length never looks like an errno. */
#define TRANSFER_MAX 0x7ffff000u
#define PIPE_BUF     4096u /* pipe(7): so many bytes go in together or not at all */

/* poll(2)'s bits. */
#define POLL_IN  1u
#define POLL_OUT 4u
#define POLL_ERR 8u
#define POLL_HUP 16u
/* Readable and writable "normal" data, the same by other names: programs may ask for these alone. */
#define POLL_NORMAL(mask) (((mask) & (POLL_IN | POLL_OUT)) << 6)

struct file_ops {
    /* NULL: nothing to prepare. Negative errno refuses the open. */
    int (*open)(struct file *file);
    /* The last close. */
    void (*release)(struct file *file);
    /* Bytes moved, 0 at the end, or -errno; `position` is the file's own or pread's. May sleep. No lock held.
     */
    s32 (*read)(struct file *file, vaddr_t user, size_t n, u64 *position);
    s32 (*write)(struct file *file, vaddr_t user, size_t n, u64 *position);
    /* Before a read at `position`, with no lock held. NULL: nothing to prepare. 0 or -errno. */
    int (*before_read)(struct file *file, u64 position);
    /* Up to PIPE_BUF bytes of the kernel's own, all or none, as write(): what a vector's pieces are gathered
     * into where no other writer's bytes may come between them. NULL: nobody asks for that. */
    s32 (*write_whole)(struct file *file, const char *bytes, size_t n);
    int (*ioctl)(struct file *file, u32 command, vaddr_t arg);
    /* POLL_* that hold now; *queue: what to wait on for a change. NULL: always readable and writable. */
    u32 (*poll)(struct file *file, struct waitqueue **queue);
    bool seekable;
    bool reads_unlocked; /* seekable, and read() needs no lock of the inode's when it is given a position */
    /* Every place is like every other: pread(2), pwrite(2) and lseek(2) are allowed and change nothing. */
    bool placeless;
};

struct file {
    atomic_t refs;
    struct inode *inode;        /* (c) referenced */
    const struct file_ops *ops; /* (c) */
    u32 flags;                  /* (a) O_*; the access mode is (c) */
    u64 position;               /* (i) for regular files and directories; others have none */
    void *data;                 /* (c) after open: the opener's */
    bool watched;               /* (a) never cleared: an epoll set knows the file, or did */
    struct list watches;        /* epoll's */
};

/* Opens `inode` (takes a reference of its own) with one file reference; NULL with *error set. Sleeps. */
struct file *file_open(struct inode *inode, u32 flags, int *error);
/* A file_ops.open for inodes that have their data before anybody can open them: it is the file's as well. 0. */
int file_open_with_data(struct file *file);
void file_get(struct file *file);
void file_put(struct file *file); /* the last one closes; sleeps */
/* Called before a watched file is closed: who watches it forgets it. sys/file/epoll.c sets it. */
extern void (*file_watched_hook)(struct file *file);
/* Access mode 3 is neither: for ioctl(2) alone. */
static inline bool file_readable(const struct file *f)
{
    u32 mode = f->flags & O_ACCMODE;
    return (mode == 0 || mode == O_RDWR) && !(f->flags & O_PATH);
}
static inline bool file_writable(const struct file *f)
{
    u32 mode = f->flags & O_ACCMODE;
    return (mode == O_WRONLY || mode == O_RDWR) && !(f->flags & O_PATH);
}
/* May a call say where? Else -ESPIPE. Directories have positions and are not read or written. */
static inline bool file_takes_position(const struct file *f)
{
    return f->ops->seekable || f->ops->placeless;
}
/* At the file's position, which moves on. -EBADF when not open for it, -EISDIR. Sleeps. */
s32 file_read(struct file *file, vaddr_t user, size_t n);
s32 file_write(struct file *file, vaddr_t user, size_t n);
/* At `position`; the file's own stays. -ESPIPE when it has none. */
s32 file_pread(struct file *file, vaddr_t user, size_t n, u64 position);
s32 file_pwrite(struct file *file, vaddr_t user, size_t n, u64 position);
enum { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };
/* The new position or -errno (-ESPIPE -EINVAL -ENXIO); 0 where there are no places. All of a file counts as
 * data, its end as the only hole. */
s64 file_seek(struct file *file, s64 offset, int whence);
u32 file_poll(struct file *file, struct waitqueue **queue);
