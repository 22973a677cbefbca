/* eventfd: a counter that can be read, written and waited for. eventfd(2). */
#include "arch/user.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/syscalls.h"

#define EFD_SEMAPHORE 1u
#define COUNT_MAX     0xfffffffffffffffeull

/* Key: (l) lock; sleepers read `count` whole under it as well, since it is two words. */
struct eventfd {
    struct spinlock lock;
    u64 count; /* (l) */
    bool semaphore;
    struct waitqueue wait;
};

/* Takes the count (or one of it); false when it is zero. */
static bool eventfd_take(struct eventfd *e, u64 *value)
{
    spin_lock(&e->lock);
    *value = e->semaphore && e->count ? 1 : e->count;
    e->count -= *value;
    spin_unlock(&e->lock);
    return *value != 0;
}

static bool eventfd_add(struct eventfd *e, u64 value)
{
    spin_lock(&e->lock);
    bool fits = value <= COUNT_MAX - e->count;
    if (fits)
        e->count += value;
    spin_unlock(&e->lock);
    return fits;
}

static s32 eventfd_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct eventfd *e = file->data;
    u64 value;
    if (n < 8)
        return -EINVAL;
    if (READ_ONCE(file->flags) & O_NONBLOCK) {
        if (!eventfd_take(e, &value))
            return -EAGAIN;
    } else if (wait_event_interruptible(&e->wait, eventfd_take(e, &value))) {
        return -ERESTARTSYS;
    }
    wake_all(&e->wait);
    return copy_to_user(user, &value, 8) ? -EFAULT : 8;
}

static s32 eventfd_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct eventfd *e = file->data;
    u64 value;
    if (n < 8)
        return -EINVAL;
    if (copy_from_user(&value, user, 8))
        return -EFAULT;
    if (value == ~0ull)
        return -EINVAL;
    if (READ_ONCE(file->flags) & O_NONBLOCK) {
        if (!eventfd_add(e, value))
            return -EAGAIN;
    } else if (wait_event_interruptible(&e->wait, eventfd_add(e, value))) {
        return -ERESTARTSYS;
    }
    wake_all(&e->wait);
    return 8;
}

static u32 eventfd_poll(struct file *file, struct waitqueue **queue)
{
    struct eventfd *e = file->data;
    *queue = &e->wait;
    spin_lock(&e->lock);
    u32 mask = (e->count ? POLL_IN : 0) | (e->count < COUNT_MAX ? POLL_OUT : 0);
    spin_unlock(&e->lock);
    return mask;
}

static void eventfd_inode_release(struct inode *inode)
{
    kfree(inode->data);
}
static const struct inode_ops eventfd_inode_ops = {.release = eventfd_inode_release};
static const struct file_ops eventfd_file_ops = {
    .open = file_open_with_data, .read = eventfd_read, .write = eventfd_write, .poll = eventfd_poll};

s32 sys_eventfd2(u32 initial, u32 flags)
{
    if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    struct eventfd *e = fs_alloc(sizeof(*e));
    struct inode *inode = e ? inode_create(S_IFIFO | 0600, &eventfd_file_ops, &eventfd_inode_ops) : NULL;
    if (!inode) {
        kfree(e);
        return -ENOMEM;
    }
    spinlock_init(&e->lock, "eventfd", LEAF);
    waitqueue_init(&e->wait);
    e->count = initial;
    e->semaphore = flags & EFD_SEMAPHORE;
    inode->data = e;
    return fd_open(inode, O_RDWR | (flags & (O_NONBLOCK | O_CLOEXEC)));
}
s32 sys_eventfd(u32 initial)
{
    return sys_eventfd2(initial, 0);
}
