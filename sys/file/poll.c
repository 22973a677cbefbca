/*
 * poll and select. One waiter per file that has a queue: all are queued, then all files are asked, then the
 * task sleeps; so a change between the question and the sleep wakes it.
 */
#include "arch/clock.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/futex/futex.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

#define POLL_NVAL 32u
struct pollfd {
    s32 fd;
    u16 events, revents;
};
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

static s32 poll_files(struct pollfd *fds, u32 n, u64 deadline)
{
    struct poll_entry *e = fs_alloc(MAX(n, 1u) * sizeof(*e));
    if (!e)
        return -ENOMEM;
    for (u32 i = 0; i < n; i++) {
        e[i].file = fds[i].fd >= 0 ? fd_get(fds[i].fd) : NULL;
        list_init(&e[i].waiter.link);
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

static u64 deadline_in(u64 ns)
{
    return clock_ns() + ns < ns ? NO_DEADLINE : clock_ns() + ns;
}

s32 sys_poll(vaddr_t fds, u32 n, s32 timeout_ms)
{
    return poll_user(fds, n, timeout_ms < 0 ? NO_DEADLINE : deadline_in((u64)timeout_ms * 1000000u));
}

/* Blocks the signals of `mask_at` until the call is done; the former mask comes back after a handler, or at
 * the end. */
static int mask_for_call(vaddr_t mask_at, u32 size)
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

static s32 unmask_after_call(s32 result)
{
    struct thread *t = thread_current();
    if (t->has_saved_mask && result != -ERESTARTNOHAND) {
        t->has_saved_mask = false;
        signal_set_blocked(t->saved_mask);
    }
    return result;
}

static int deadline_from_user(vaddr_t time, bool time64, u64 *deadline)
{
    u64 ns;
    *deadline = NO_DEADLINE;
    if (!time)
        return 0;
    int error = user_time_load(time, time64, &ns);
    if (!error)
        *deadline = deadline_in(ns);
    return error;
}

static s32 ppoll(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size, bool time64)
{
    u64 deadline;
    int error = deadline_from_user(time, time64, &deadline);
    if (!error)
        error = mask_for_call(mask, size);
    return error ? error : unmask_after_call(poll_user(fds, n, deadline));
}
s32 sys_ppoll(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size)
{
    return ppoll(fds, n, time, mask, size, false);
}
s32 sys_ppoll_time64(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size)
{
    return ppoll(fds, n, time, mask, size, true);
}

/* select is poll on the members of three sets. */
struct fd_sets {
    u32 in[FD_MAX / 32], out[FD_MAX / 32], except[FD_MAX / 32];
};
static bool in_set(const u32 *set, u32 fd)
{
    return set[fd / 32] >> (fd % 32) & 1;
}

static int load_sets(struct fd_sets *s, u32 n, const vaddr_t *at)
{
    u32 *sets[3] = {s->in, s->out, s->except};
    for (int i = 0; i < 3; i++)
        if (at[i] && copy_from_user(sets[i], at[i], ALIGN_UP(n, 32u) / 8))
            return -EFAULT;
    return 0;
}

static int store_sets(const struct pollfd *fds, u32 count, u32 n, const vaddr_t *at, u32 *bits)
{
    struct fd_sets *s = fs_alloc(sizeof(*s));
    if (!s)
        return -ENOMEM;
    *bits = 0;
    for (u32 i = 0; i < count; i++) {
        u32 fd = (u32)fds[i].fd, bit = 1u << (fd % 32);
        if ((fds[i].events & POLL_IN) && (fds[i].revents & (POLL_IN | POLL_HUP | POLL_ERR)))
            s->in[fd / 32] |= bit, ++*bits;
        if ((fds[i].events & POLL_OUT) && (fds[i].revents & (POLL_OUT | POLL_ERR)))
            s->out[fd / 32] |= bit, ++*bits;
    }
    u32 *sets[3] = {s->in, s->out, s->except};
    int error = 0;
    for (int i = 0; i < 3; i++)
        if (at[i] && copy_to_user(at[i], sets[i], ALIGN_UP(n, 32u) / 8))
            error = -EFAULT;
    kfree(s);
    return error;
}

static u32 sets_to_fds(const struct fd_sets *s, u32 n, struct pollfd *fds)
{
    u32 count = 0;
    for (u32 fd = 0; fd < n; fd++) {
        u32 events = (in_set(s->in, fd) ? POLL_IN : 0) | (in_set(s->out, fd) ? POLL_OUT : 0);
        if (events || in_set(s->except, fd))
            fds[count++] = (struct pollfd){.fd = (s32)fd, .events = (u16)events};
    }
    return count;
}

static s32 select_fds(u32 n, const vaddr_t *at, u64 deadline)
{
    if ((s32)n < 0)
        return -EINVAL;
    n = MIN(n, FD_MAX);
    struct fd_sets *s = fs_alloc(sizeof(*s));
    struct pollfd *fds = fs_alloc(MAX(n, 1u) * sizeof(*fds));
    s32 result = s && fds ? load_sets(s, n, at) : -ENOMEM;
    u32 count = result ? 0 : sets_to_fds(s, n, fds), bits = 0;
    if (!result)
        result = poll_files(fds, count, deadline);
    for (u32 i = 0; i < count; i++)
        if (result > 0 && (fds[i].revents & POLL_NVAL))
            result = -EBADF;
    if (result >= 0) {
        int error = store_sets(fds, count, n, at, &bits);
        result = error ? error : (s32)bits;
    }
    kfree(s);
    kfree(fds);
    return result;
}

s32 sys__newselect(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t timeval)
{
    const vaddr_t at[3] = {in, out, except};
    u32 tv[2];
    if (!timeval)
        return select_fds(n, at, NO_DEADLINE);
    if (copy_from_user(tv, timeval, sizeof(tv)))
        return -EFAULT;
    return select_fds(n, at, deadline_in((u64)tv[0] * 1000000000u + (u64)tv[1] * 1000u));
}

static s32 pselect(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack, bool time64)
{
    const vaddr_t at[3] = {in, out, except};
    u32 mask[2] = {0};
    u64 deadline;
    int error = deadline_from_user(time, time64, &deadline);
    if (!error && pack)
        error = copy_from_user(mask, pack, sizeof(mask));
    if (!error)
        error = mask_for_call(mask[0], mask[1]);
    return error ? error : unmask_after_call(select_fds(n, at, deadline));
}
s32 sys_pselect6(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack)
{
    return pselect(n, in, out, except, time, pack, false);
}
s32 sys_pselect6_time64(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack)
{
    return pselect(n, in, out, except, time, pack, true);
}
