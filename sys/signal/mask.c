/* Which signals may be delivered, and sleeping until one is: sigprocmask(2), sigpending(2), sigsuspend(2),
 * pause(2). */
#include "arch/user.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

static int change_mask(u32 how, sigset set)
{
    sigset blocked = thread_current()->blocked;
    switch (how) {
    case 0: /* SIG_BLOCK */
        signal_set_blocked(blocked | set);
        return 0;
    case 1: /* SIG_UNBLOCK */
        signal_set_blocked(blocked & ~set);
        return 0;
    case 2: /* SIG_SETMASK */
        signal_set_blocked(set);
        return 0;
    default:
        return -EINVAL;
    }
}

s32 sys_rt_sigprocmask(u32 how, vaddr_t new_at, vaddr_t old_at, u32 size)
{
    sigset set, old = thread_current()->blocked;
    if (size != sizeof(set))
        return -EINVAL;
    if (new_at && copy_from_user(&set, new_at, sizeof(set)))
        return -EFAULT;
    int error = new_at ? change_mask(how, set) : 0;
    return error ? error : old_at ? copy_to_user(old_at, &old, sizeof(old)) : 0;
}

s32 sys_sigprocmask(u32 how, vaddr_t new_at, vaddr_t old_at)
{
    u32 set = 0, old = (u32)thread_current()->blocked;
    if (new_at && user_load_u32(new_at, &set))
        return -EFAULT;
    sigset high = how == 2 ? thread_current()->blocked & ~0xffffffffull : 0;
    int error = new_at ? change_mask(how, high | set) : 0;
    return error ? error : old_at ? user_store_u32(old_at, old) : 0;
}

s32 sys_rt_sigpending(vaddr_t to, u32 size)
{
    sigset set = signal_pending_set(thread_current()) & thread_current()->blocked;
    return size > sizeof(set) ? -EINVAL : copy_to_user(to, &set, size);
}
s32 sys_sigpending(vaddr_t to)
{
    return sys_rt_sigpending(to, 4);
}

/* Sleeps until a signal is delivered; its handler runs with the mask of the call, then `blocked` comes back.
 */
static s32 suspend(void)
{
    while (!task_signal_pending(current)) {
        task_set_state(TASK_INTERRUPTIBLE);
        if (!task_signal_pending(current))
            task_sleep();
        task_set_state(TASK_RUNNING);
    }
    return -ERESTARTNOHAND;
}

static s32 suspend_with(sigset mask)
{
    struct thread *t = thread_current();
    t->saved_mask = t->blocked;
    t->has_saved_mask = true;
    signal_set_blocked(mask);
    return suspend();
}

s32 sys_pause(void)
{
    return suspend();
}
s32 sys_rt_sigsuspend(vaddr_t mask_at, u32 size)
{
    sigset mask;
    if (size != sizeof(mask))
        return -EINVAL;
    return copy_from_user(&mask, mask_at, sizeof(mask)) ? -EFAULT : suspend_with(mask);
}
s32 sys_sigsuspend(u32 unused1, u32 unused2, u32 mask)
{
    return suspend_with((thread_current()->blocked & ~0xffffffffull) | mask);
}
