/* epoll_create(2), epoll_ctl(2), epoll_wait(2). */
#include "arch/user.h"
#include "lib/errno.h"
#include "mm/kernel/slab.h"
#include "sys/file/epoll.h"
#include "sys/file/fd_table.h"
#include "sys/file/poll.h"
#include "sys/futex/futex.h"
#include "sys/syscalls.h"

#define AT_ONCE 64u /* events in one call at most: the others come with the next one */
enum { CTL_ADD = 1, CTL_DEL, CTL_MOD };

s32 sys_epoll_create1(u32 flags)
{
    if (flags & ~O_CLOEXEC)
        return -EINVAL;
    struct file *file = epoll_create();
    return file ? fd_give(file, flags & O_CLOEXEC) : -ENOMEM;
}
s32 sys_epoll_create(s32 size)
{
    return size <= 0 ? -EINVAL : sys_epoll_create1(0); /* the size is a hint of the past */
}

static int change(struct file *set, u32 op, int fd, struct file *file, const struct epoll_event *event)
{
    if (set == file || !file_is_epoll(set))
        return -EINVAL;
    switch (op) {
    case CTL_ADD:
        return epoll_add(set, fd, file, event);
    case CTL_DEL:
        return epoll_remove(set, fd, file);
    case CTL_MOD:
        return epoll_modify(set, fd, file, event);
    default:
        return -EINVAL;
    }
}

s32 sys_epoll_ctl(int set_fd, u32 op, int fd, vaddr_t event_at)
{
    struct epoll_event event = {0};
    if (op != CTL_DEL && copy_from_user(&event, event_at, sizeof(event)))
        return -EFAULT;
    struct file *set = fd_get(set_fd), *file = fd_get(fd);
    int error = set && file ? change(set, op, fd, file, &event) : -EBADF;
    file_put(set);
    file_put(file);
    return error;
}

static s32 wait_for(int set_fd, vaddr_t to, s32 most, u64 deadline)
{
    struct epoll_event events[AT_ONCE];
    struct file *set = fd_get(set_fd);
    if (!set)
        return -EBADF;
    s32 n =
        most > 0 && file_is_epoll(set) ? epoll_wait(set, events, MIN((u32)most, AT_ONCE), deadline) : -EINVAL;
    file_put(set);
    return n > 0 && copy_to_user(to, events, (u32)n * sizeof(events[0])) ? -EFAULT : n;
}

static u64 deadline_in_ms(s32 timeout_ms)
{
    return timeout_ms < 0 ? NO_DEADLINE : poll_deadline_in((u64)timeout_ms * 1000000u);
}

s32 sys_epoll_wait(int set, vaddr_t events, s32 most, s32 timeout_ms)
{
    return wait_for(set, events, most, deadline_in_ms(timeout_ms));
}

s32 sys_epoll_pwait(int set, vaddr_t events, s32 most, s32 timeout_ms, vaddr_t mask, u32 size)
{
    int error = poll_mask(mask, size);
    return error ? error : poll_unmask(wait_for(set, events, most, deadline_in_ms(timeout_ms)));
}

s32 sys_epoll_pwait2(int set, vaddr_t events, s32 most, vaddr_t time, vaddr_t mask, u32 size)
{
    u64 deadline;
    int error = poll_deadline(time, true, &deadline);
    if (!error)
        error = poll_mask(mask, size);
    return error ? error : poll_unmask(wait_for(set, events, most, deadline));
}
