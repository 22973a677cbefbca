/* fork, vfork, clone, clone3: what the program says, as one request. */
#include "arch/user.h"
#include "lib/string.h"
#include "sys/process/clone.h"
#include "sys/process/process.h"
#include "sys/signal/signals.h"
#include "sys/syscalls.h"

s32 sys_clone(u32 flags, vaddr_t stack, vaddr_t parent_tid, vaddr_t tls, vaddr_t child_tid)
{
    const struct clone_request r = {
        .flags = flags, .stack = stack, .parent_tid = parent_tid, .child_tid = child_tid, .tls = tls};
    return process_clone(&r);
}

/* struct clone_args, as far as it goes in Linux 6.1. */
struct user_clone_args {
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
        cgroup;
};
#define CLONE_ARGS_LEAST 64u /* its first version */

/* A longer structure of a newer program is one of ours if the rest is zeroes. 0 or -errno. */
static int clone_args_read(vaddr_t at, u32 size, struct user_clone_args *a)
{
    if (size < CLONE_ARGS_LEAST)
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    memset(a, 0, sizeof(*a));
    if (copy_from_user(a, at, MIN(size, sizeof(*a))))
        return -EFAULT;
    for (u32 i = sizeof(*a); i < size; i++) {
        u8 byte;
        if (copy_from_user(&byte, at + i, 1))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    return 0;
}

s32 sys_clone3(vaddr_t args_at, u32 size)
{
    const u64 clear_sighand = 1ull << 32, unserved = CLONE_PIDFD | CLONE_DETACHED | CSIGNAL;
    struct user_clone_args a;
    int error = clone_args_read(args_at, size, &a);
    if (error)
        return error;
    if ((a.flags & unserved) || a.flags >> 33 || a.set_tid_size || a.exit_signal > SIGNALS ||
        !a.stack != !a.stack_size)
        return -EINVAL;
    if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
        return -EINVAL;
    if ((a.flags & clear_sighand) && (a.flags & CLONE_SIGHAND))
        return -EINVAL;
    const struct clone_request r = {.flags = (u32)a.flags | (u32)a.exit_signal,
                                    .clear_handlers = a.flags & clear_sighand,
                                    .stack = (vaddr_t)(a.stack + a.stack_size),
                                    .parent_tid = (vaddr_t)a.parent_tid,
                                    .child_tid = (vaddr_t)a.child_tid,
                                    .tls = (vaddr_t)a.tls};
    return process_clone(&r);
}

s32 sys_fork(void)
{
    const struct clone_request r = {.flags = SIGCHLD};
    return process_clone(&r);
}

s32 sys_vfork(void)
{
    const struct clone_request r = {.flags = CLONE_VFORK | CLONE_VM | SIGCHLD};
    return process_clone(&r);
}

s32 sys_set_tid_address(vaddr_t addr)
{
    thread_current()->clear_tid = addr;
    return thread_current()->tid;
}
