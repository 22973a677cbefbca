/* Taking a signal instead of having it delivered: sigtimedwait(2). */
#include "arch/clock.h"
#include "arch/user.h"
#include "lib/string.h"
#include "sys/futex/futex.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

static void await_signals(sigset set)
{
    struct thread *t = thread_current();
    irqflags_t flags = spin_lock_irq_save(&t->process->signal_lock);
    t->awaited = set;
    spin_unlock_irq_restore(&t->process->signal_lock, flags);
}

/* Signals of the set wake us though they are blocked (`awaited`), and are taken here instead of being
 * delivered. */
static int wait_for_signals(sigset set, u64 deadline, struct siginfo *info)
{
    int signal = 0;
    bool late = false;
    await_signals(set);
    while (!(signal = signal_dequeue(set, info)) && !late) {
        task_set_state(TASK_INTERRUPTIBLE);
        bool other = task_signal_pending(current);
        if (!other && !(signal_pending_set(thread_current()) & set)) {
            if (deadline == NO_DEADLINE)
                task_sleep();
            else
                late = !task_sleep_until(deadline);
        }
        task_set_state(TASK_RUNNING);
        if (other) {
            signal = signal_dequeue(set, info);
            break;
        }
    }
    await_signals(0);
    return signal ? signal : late ? -EAGAIN : -EINTR;
}

static s32 sigtimedwait(vaddr_t set_at, vaddr_t info_at, vaddr_t time, u32 size, bool time64)
{
    sigset set;
    struct siginfo info;
    u64 ns, deadline = NO_DEADLINE;
    if (size != sizeof(set))
        return -EINVAL;
    if (copy_from_user(&set, set_at, sizeof(set)))
        return -EFAULT;
    if (time) {
        int error = user_time_load(time, time64, &ns);
        if (error)
            return error;
        deadline = clock_ns() + ns;
    }
    int signal = wait_for_signals(set & ~UNBLOCKABLE, deadline, &info);
    if (signal > 0 && info_at) {
        u32 full[32] = {0};
        memcpy(full, &info, sizeof(info));
        if (copy_to_user(info_at, full, sizeof(full)))
            return -EFAULT;
    }
    return signal;
}
s32 sys_rt_sigtimedwait(vaddr_t set, vaddr_t info, vaddr_t time, u32 size)
{
    return sigtimedwait(set, info, time, size, false);
}
s32 sys_rt_sigtimedwait_time64(vaddr_t set, vaddr_t info, vaddr_t time, u32 size)
{
    return sigtimedwait(set, info, time, size, true);
}
