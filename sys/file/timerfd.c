/*
 * timerfd: a timer whose expirations are read and waited for. timerfd_create(2).
 *
 *   the timer interrupt                        timerfd_settime
 *     lock: add to the count, move next on       (one at a time: setters)
 *     wake                                       lock: next = 0, count = 0
 *                                                timer_cancel(): whoever fires is awaited
 *   read                                         lock: next = the new moment, arm
 *     lock: count > 0? take it, with what came
 *       since; arm for the next
 *
 * So it is armed while next is set and the count is zero: one that nobody reads does not interrupt anybody
 * again and again. The cancel is outside the lock, which the interrupt wants; meanwhile next is 0 and the
 * count, too, so that no reader arms.
 */
#include "arch/clock.h"
#include "arch/user.h"
#include "mm/kernel/slab.h"
#include "sched/sched.h"
#include "sys/file/fd_table.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

#define TFD_TIMER_ABSTIME       1u
#define TFD_TIMER_CANCEL_ON_SET 2u /* nothing sets the clock here: it never cancels */

/* Key: (c) constant; (l) lock. */
struct timerfd {
    struct mutex setters;
    struct spinlock lock; /* RANK_DEVICE, interrupts off: timers are armed inside */
    u32 clock;            /* (c) */
    struct interval when; /* (l) of clock_ns() */
    u64 count;            /* (l) expirations that nobody has read */
    struct timer timer;   /* (l) to arm */
    struct waitqueue wait;
};

static void timerfd_fired(struct timer *timer)
{
    struct timerfd *t = container_of(timer, struct timerfd, timer);
    irqflags_t flags = spin_lock_irq_save(&t->lock);
    t->count += interval_expire(&t->when, clock_ns());
    spin_unlock_irq_restore(&t->lock, flags);
    wake_all(&t->wait);
}

/* ---- setting and reading ---- */

/* What is left, as a program wants it: not zero while it is on. */
static struct interval left_of(struct timerfd *t)
{
    irqflags_t flags = spin_lock_irq_save(&t->lock);
    struct interval left = {interval_left(&t->when, clock_ns()), t->when.period};
    if (t->when.next && !left.next)
        left.next = 1;
    spin_unlock_irq_restore(&t->lock, flags);
    return left;
}

/* Off; on return its interrupt runs nowhere. */
static void disarm(struct timerfd *t)
{
    irqflags_t flags = spin_lock_irq_save(&t->lock);
    t->when = (struct interval){0, 0};
    t->count = 0;
    spin_unlock_irq_restore(&t->lock, flags);
    timer_cancel(&t->timer);
}

static void arm(struct timerfd *t, struct interval when)
{
    irqflags_t flags = spin_lock_irq_save(&t->lock);
    t->when = when;
    t->count = interval_expire(&t->when, clock_ns()); /* a moment that is over: at once */
    bool over = t->count != 0;
    if (!over && when.next)
        timer_arm(&t->timer, when.next, timerfd_fired);
    spin_unlock_irq_restore(&t->lock, flags);
    if (over)
        wake_all(&t->wait);
}

static void timerfd_set(struct timerfd *t, const struct interval *value, bool absolute, struct interval *left)
{
    struct interval when = {0, value->period};
    mutex_lock(&t->setters);
    *left = left_of(t);
    disarm(t);
    if (value->next)
        when.next = absolute ? MAX(time_from_clock(t->clock, value->next), 1u) : clock_ns() + value->next;
    arm(t, when);
    mutex_unlock(&t->setters);
}

/* ---- as a file ---- */

static bool timerfd_take(struct timerfd *t, u64 *value)
{
    irqflags_t flags = spin_lock_irq_save(&t->lock);
    *value = t->count;
    if (*value) {
        *value += interval_expire(&t->when, clock_ns());
        t->count = 0;
        if (t->when.next)
            timer_arm(&t->timer, t->when.next, timerfd_fired);
    }
    spin_unlock_irq_restore(&t->lock, flags);
    return *value != 0;
}

static s32 timerfd_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct timerfd *t = file->data;
    u64 value;
    if (n < sizeof(value))
        return -EINVAL;
    if (READ_ONCE(file->flags) & O_NONBLOCK) {
        if (!timerfd_take(t, &value))
            return -EAGAIN;
    } else if (wait_event_interruptible(&t->wait, timerfd_take(t, &value))) {
        return -ERESTARTSYS;
    }
    return copy_to_user(user, &value, sizeof(value)) ? -EFAULT : (s32)sizeof(value);
}

static u32 timerfd_poll(struct file *file, struct waitqueue **queue)
{
    struct timerfd *t = file->data;
    *queue = &t->wait;
    irqflags_t flags = spin_lock_irq_save(&t->lock);
    u32 mask = t->count ? POLL_IN : 0;
    spin_unlock_irq_restore(&t->lock, flags);
    return mask;
}

/* The last reference, from whichever process: nobody sets it any more. */
static void timerfd_inode_release(struct inode *inode)
{
    struct timerfd *t = inode->data;
    disarm(t);
    kfree(t);
}

static const struct inode_ops timerfd_inode_ops = {.release = timerfd_inode_release};
static const struct file_ops timerfd_file_ops = {
    .open = file_open_with_data, .read = timerfd_read, .poll = timerfd_poll};

static struct inode *timerfd_inode(u32 clock)
{
    struct timerfd *t = fs_alloc(sizeof(*t));
    struct inode *inode = t ? inode_create(S_IFIFO | 0600, &timerfd_file_ops, &timerfd_inode_ops) : NULL;
    if (!inode) {
        kfree(t);
        return NULL;
    }
    mutex_init(&t->setters, "timerfd", FILE);
    spinlock_init(&t->lock, "timerfd", DEVICE);
    waitqueue_init(&t->wait);
    t->clock = clock;
    inode->data = t;
    return inode;
}

s32 sys_timerfd_create(u32 clock, u32 flags)
{
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return -EINVAL;
    struct inode *inode = timerfd_inode(clock);
    return inode ? fd_open(inode, O_RDWR | flags) : -ENOMEM;
}

/* The descriptor's file with a reference, or NULL with *error set. */
static struct file *timerfd_get(int fd, int *error)
{
    struct file *file = fd_get(fd);
    *error = !file ? -EBADF : file->ops != &timerfd_file_ops ? -EINVAL : 0;
    if (!*error)
        return file;
    file_put(file);
    return NULL;
}

static s32 settime(int fd, u32 flags, vaddr_t new_value, vaddr_t old_value, bool time64)
{
    struct interval value, left;
    if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
        return -EINVAL;
    int error = user_timer_load(new_value, time64, &value);
    struct file *file = error ? NULL : timerfd_get(fd, &error);
    if (!file)
        return error;
    timerfd_set(file->data, &value, flags & TFD_TIMER_ABSTIME, &left);
    file_put(file);
    return old_value ? user_timer_store(old_value, time64, &left) : 0;
}
s32 sys_timerfd_settime(int fd, u32 flags, vaddr_t new_value, vaddr_t old_value)
{
    return settime(fd, flags, new_value, old_value, false);
}
s32 sys_timerfd_settime64(int fd, u32 flags, vaddr_t new_value, vaddr_t old_value)
{
    return settime(fd, flags, new_value, old_value, true);
}

static s32 gettime(int fd, vaddr_t to, bool time64)
{
    int error;
    struct file *file = timerfd_get(fd, &error);
    if (!file)
        return error;
    const struct interval left = left_of(file->data);
    file_put(file);
    return user_timer_store(to, time64, &left);
}
s32 sys_timerfd_gettime(int fd, vaddr_t value)
{
    return gettime(fd, value, false);
}
s32 sys_timerfd_gettime64(int fd, vaddr_t value)
{
    return gettime(fd, value, true);
}
