/*
 * poll(2). One waiter per file that has a queue: all are queued, then all files are asked, then the
 * task sleeps; so a change between the question and the sleep wakes it.
 */
#include "sys/file/poll.h"
#include "arch/clock.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/futex/futex.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

struct poll_entry {
    struct file *file; /* referenced, or NULL */
    struct waitqueue *queue;
    struct waiter waiter;
};

static void poll_queue(struct poll_entry *e, u32 n)
{
    for (u32 i = 0; i < n; i++) {
        e[i].queue = NULL;
        if (e[i].file)
            file_poll(e[i].file, &e[i].queue);
        if (e[i].queue)
            wait_prepare(e[i].queue, &e[i].waiter, TASK_INTERRUPTIBLE, false);
    }
}

static u32 poll_ask(struct pollfd *fds, struct poll_entry *e, u32 n)
{
    u32 ready = 0;
    for (u32 i = 0; i < n; i++) {
        struct waitqueue *unused;
        u32 mask = e[i].file ? file_poll(e[i].file, &unused) : POLL_NVAL;
        fds[i].revents = fds[i].fd < 0 ? 0 : (u16)(mask & (fds[i].events | POLL_ERR | POLL_HUP | POLL_NVAL));
        ready += fds[i].revents != 0;
    }
    return ready;
}

static void poll_unqueue(struct poll_entry *e, u32 n)
{
    for (u32 i = 0; i < n; i++)
        if (e[i].queue)
            wait_finish(e[i].queue, &e[i].waiter);
}

/* Ready entries, 0 when late, or -ERESTARTNOHAND. */
static s32 poll_wait(struct pollfd *fds, struct poll_entry *e, u32 n, u64 deadline)
{
    might_sleep();
    for (;;) {
        poll_queue(e, n);
        task_set_state(TASK_INTERRUPTIBLE); /* also when no file has a queue: a pure sleep */
        u32 ready = poll_ask(fds, e, n);
        bool signalled = task_signal_pending(current), late = false;
        if (!ready && !signalled) {
            if (deadline == NO_DEADLINE)
                task_sleep();
            else
                late = !task_sleep_until(deadline);
        }
        task_set_state(TASK_RUNNING);
        poll_unqueue(e, n);
        if (ready || late)
            return (s32)(ready ? ready : poll_ask(fds, e, n));
        if (signalled)
            return -ERESTARTNOHAND;
    }
}

s32 poll_files(struct pollfd *fds, u32 n, u64 deadline)
{
    struct poll_entry *e = fs_alloc(MAX(n, 1u) * sizeof(*e));
    if (!e)
        return -ENOMEM;
    for (u32 i = 0; i < n; i++) {
        e[i].file = fds[i].fd >= 0 ? fd_get(fds[i].fd) : NULL;
        waiter_init(&e[i].waiter);
    }
    s32 result = poll_wait(fds, e, n, deadline);
    for (u32 i = 0; i < n; i++)
        file_put(e[i].file);
    kfree(e);
    return result;
}

static s32 poll_user(vaddr_t fds_at, u32 n, u64 deadline)
{
    if (n > FD_MAX)
        return -EINVAL;
    struct pollfd *fds = fs_alloc(MAX(n, 1u) * sizeof(*fds));
    if (!fds)
        return -ENOMEM;
    s32 result = copy_from_user(fds, fds_at, n * sizeof(*fds));
    if (!result)
        result = poll_files(fds, n, deadline);
    if (result >= 0 && copy_to_user(fds_at, fds, n * sizeof(*fds)))
        result = -EFAULT;
    kfree(fds);
    return result;
}

u64 poll_deadline_in(u64 ns)
{
    return clock_ns() + ns < ns ? NO_DEADLINE : clock_ns() + ns;
}

s32 sys_poll(vaddr_t fds, u32 n, s32 timeout_ms)
{
    return poll_user(fds, n, timeout_ms < 0 ? NO_DEADLINE : poll_deadline_in((u64)timeout_ms * 1000000u));
}

int poll_mask(vaddr_t mask_at, u32 size)
{
    sigset mask;
    if (!mask_at)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (copy_from_user(&mask, mask_at, sizeof(mask)))
        return -EFAULT;
    struct thread *t = thread_current();
    t->saved_mask = t->blocked;
    t->has_saved_mask = true;
    signal_set_blocked(mask);
    return 0;
}

s32 poll_unmask(s32 result)
{
    struct thread *t = thread_current();
    if (t->has_saved_mask && result != -ERESTARTNOHAND && result != -EINTR) {
        t->has_saved_mask = false;
        signal_set_blocked(t->saved_mask);
    }
    return result;
}

int poll_deadline(vaddr_t time, bool time64, u64 *deadline)
{
    u64 ns;
    *deadline = NO_DEADLINE;
    if (!time)
        return 0;
    int error = user_time_load(time, time64, &ns);
    if (!error)
        *deadline = poll_deadline_in(ns);
    return error;
}

void poll_tell_left(vaddr_t time, enum time_form form, u64 deadline)
{
    u64 now = clock_ns(), left = deadline > now ? deadline - now : 0;
    const u32 timeval[2] = {(u32)(left / 1000000000u), (u32)(left % 1000000000u) / 1000u};
    int unwritten = 0;
    if (time && form == TIME_VAL)
        unwritten = copy_to_user(time, timeval, sizeof(timeval));
    else if (time)
        unwritten = user_time_store(time, form == TIME_SPEC64, left);
    (void)unwritten;
}

static s32 ppoll(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size, bool time64)
{
    u64 deadline;
    int error = poll_deadline(time, time64, &deadline);
    if (!error)
        error = poll_mask(mask, size);
    if (error)
        return error;
    s32 result = poll_user(fds, n, deadline);
    poll_tell_left(time, time64 ? TIME_SPEC64 : TIME_SPEC, deadline);
    return poll_unmask(result);
}
s32 sys_ppoll(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size)
{
    return ppoll(fds, n, time, mask, size, false);
}
s32 sys_ppoll_time64(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size)
{
    return ppoll(fds, n, time, mask, size, true);
}
