/*
 * signalfd: pending signals, read instead of delivered. signalfd(2).
 *
 * A descriptor says which signals; whose they are is decided by who reads, polls or waits: his own process's
 * and thread's. So the queue to wait on is not the file's but the process's (sys/signal/watch.c).
 */
#include "arch/user.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/process/process.h"
#include "sys/signal/watch.h"
#include "sys/syscalls.h"

struct signalfd {
    struct spinlock lock;
    sigset mask; /* (lock) two words */
};

/* struct signalfd_siginfo. */
struct signal_record {
    s32 signal, error, code;
    u32 pid, uid;
    s32 fd;
    u32 timer, band, overrun, trap;
    s32 status, value;
    u64 pointer, utime, stime, address;
    u8 unused[48];
};
static_assert(sizeof(struct signal_record) == 128, "struct signalfd_siginfo");

static sigset mask_of(struct signalfd *s)
{
    spin_lock(&s->lock);
    sigset mask = s->mask;
    spin_unlock(&s->lock);
    return mask;
}

static void set_mask(struct signalfd *s, sigset mask)
{
    spin_lock(&s->lock);
    s->mask = mask & ~UNBLOCKABLE;
    spin_unlock(&s->lock);
}

/* Which fields a signal has, its code says: sigaction(2). */
static struct signal_record record_of(const struct siginfo *info)
{
    struct signal_record r = {.signal = info->signal, .error = info->error, .code = info->code};
    const u32 *field = info->field;
    if (info->code == SI_TIMER) {
        r.timer = field[0];
        r.overrun = field[1];
    } else if (info->code > 0 && info->signal != SIGCHLD && info->code != SI_KERNEL) {
        r.address = field[0];
        return r;
    } else {
        r.pid = field[0];
        r.uid = field[1];
    }
    if (info->code > 0 && info->signal == SIGCHLD) {
        r.status = (s32)field[2];
        r.utime = field[3];
        r.stime = field[4];
    } else {
        r.value = (s32)field[2];
        r.pointer = field[2];
    }
    return r;
}

static bool any_pending(struct signalfd *s)
{
    return signal_pending_set(thread_current()) & mask_of(s);
}

/* As many as are pending and fit: bytes, 0 when there was none, or -EFAULT. */
static s32 take_pending(struct signalfd *s, vaddr_t user, size_t n)
{
    struct siginfo info;
    size_t done = 0;
    while (n - done >= sizeof(struct signal_record) && signal_dequeue(mask_of(s), &info)) {
        const struct signal_record record = record_of(&info);
        if (copy_to_user(user + done, &record, sizeof(record)))
            return done ? (s32)done : -EFAULT;
        done += sizeof(record);
    }
    return (s32)done;
}

static s32 signalfd_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct signalfd *s = file->data;
    if (n < sizeof(struct signal_record))
        return -EINVAL;
    for (;;) {
        s32 done = take_pending(s, user, n);
        if (done)
            return done;
        if (READ_ONCE(file->flags) & O_NONBLOCK)
            return -EAGAIN;
        if (wait_event_interruptible(signal_watchers(process_current()), any_pending(s)))
            return -ERESTARTSYS;
    }
}

static u32 signalfd_poll(struct file *file, struct waitqueue **queue)
{
    *queue = signal_watchers(process_current());
    return any_pending(file->data) ? POLL_IN : 0;
}

static void signalfd_inode_release(struct inode *inode)
{
    kfree(inode->data);
}
static const struct inode_ops signalfd_inode_ops = {.release = signalfd_inode_release};
static const struct file_ops signalfd_file_ops = {
    .open = file_open_with_data, .read = signalfd_read, .poll = signalfd_poll};

static s32 create(sigset mask, u32 flags)
{
    struct signalfd *s = fs_alloc(sizeof(*s));
    struct inode *inode = s ? inode_create(S_IFIFO | 0600, &signalfd_file_ops, &signalfd_inode_ops) : NULL;
    if (!inode) {
        kfree(s);
        return -ENOMEM;
    }
    spinlock_init(&s->lock, "signalfd", LEAF);
    set_mask(s, mask);
    inode->data = s;
    return fd_open(inode, O_RDWR | (flags & (O_NONBLOCK | O_CLOEXEC)));
}

/* Who waits with the old mask looks again with the new one. */
static s32 change(int fd, sigset mask)
{
    struct file *file = fd_get(fd);
    s32 result = !file ? -EBADF : file->ops != &signalfd_file_ops ? -EINVAL : fd;
    if (result >= 0) {
        set_mask(file->data, mask);
        wake_all(signal_watchers(process_current()));
    }
    file_put(file);
    return result;
}

s32 sys_signalfd4(int fd, vaddr_t mask_at, u32 size, u32 flags)
{
    sigset mask;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK) || size != sizeof(mask))
        return -EINVAL;
    if (copy_from_user(&mask, mask_at, sizeof(mask)))
        return -EFAULT;
    return fd == -1 ? create(mask, flags) : change(fd, mask);
}
s32 sys_signalfd(int fd, vaddr_t mask, u32 size)
{
    return sys_signalfd4(fd, mask, size, 0);
}
