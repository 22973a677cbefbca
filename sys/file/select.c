/* select(2) and pselect(2): poll on the members of three sets. */
#include "arch/user.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/file/poll.h"
#include "sys/futex/futex.h"
#include "sys/syscalls.h"

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
    s32 tv[2];
    if (!timeval)
        return select_fds(n, at, NO_DEADLINE);
    if (copy_from_user(tv, timeval, sizeof(tv)))
        return -EFAULT;
    if (tv[0] < 0 || tv[1] < 0)
        return -EINVAL;
    u64 deadline = poll_deadline_in((u64)tv[0] * 1000000000u + (u64)tv[1] * 1000u);
    s32 result = select_fds(n, at, deadline);
    poll_tell_left(timeval, TIME_VAL, deadline);
    return result;
}

static s32 pselect(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack, bool time64)
{
    const vaddr_t at[3] = {in, out, except};
    u32 mask[2] = {0};
    u64 deadline;
    int error = poll_deadline(time, time64, &deadline);
    if (!error && pack)
        error = copy_from_user(mask, pack, sizeof(mask));
    if (!error)
        error = poll_mask(mask[0], mask[1]);
    if (error)
        return error;
    s32 result = select_fds(n, at, deadline);
    poll_tell_left(time, time64 ? TIME_SPEC64 : TIME_SPEC, deadline);
    return poll_unmask(result);
}
s32 sys_pselect6(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack)
{
    return pselect(n, in, out, except, time, pack, false);
}
s32 sys_pselect6_time64(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack)
{
    return pselect(n, in, out, except, time, pack, true);
}
