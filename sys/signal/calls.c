/* The calls about signals: sigaction(2), sigprocmask(2), kill(2), sigaltstack(2), sigtimedwait(2). */
#include "arch/clock.h"
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "lib/string.h"
#include "sys/futex/futex.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

static int change_action(int signal, const struct action *new, struct action *old)
{
    struct process *process = process_current();
    struct actions *actions = process->actions;
    if (signal < 1 || signal > SIGNALS || (new && (signal == SIGKILL || signal == SIGSTOP)))
        return -EINVAL;
    irqflags_t flags = spin_lock_irq_save(&actions->lock);
    *old = actions->of[signal];
    if (new) {
        actions->of[signal] = *new;
        actions->of[signal].mask &= ~UNBLOCKABLE;
    }
    spin_unlock_irq_restore(&actions->lock, flags);
    if (!new || !(new->handler == SIG_IGN || (new->handler == SIG_DFL &&signal_ignored_by_default(signal))))
        return 0;
    struct thread *thread;
    flags = spin_lock_irq_save(
        &process->signal_lock); /* what is ignored now is no longer pending: sigaction(2) */
    pending_discard(&process->pending, sig_bit(signal));
    list_for_each (thread, &process->threads, link) {
        pending_discard(&thread->pending, sig_bit(signal));
    }
    spin_unlock_irq_restore(&process->signal_lock, flags);
    return 0;
}

s32 sys_rt_sigaction(int signal, vaddr_t new_at, vaddr_t old_at, u32 size)
{
    struct action new, old;
    if (size != sizeof(sigset))
        return -EINVAL;
    if (new_at && copy_from_user(&new, new_at, sizeof(new)))
        return -EFAULT;
    int error = change_action(signal, new_at ? &new : NULL, &old);
    return error ? error : old_at ? copy_to_user(old_at, &old, sizeof(old)) : 0;
}

/* The old layout: handler, a 32-bit mask, flags, restorer. */
s32 sys_sigaction(int signal, vaddr_t new_at, vaddr_t old_at)
{
    u32 w[4];
    struct action new = {0}, old;
    if (new_at && copy_from_user(w, new_at, sizeof(w)))
        return -EFAULT;
    if (new_at)
        new = (struct action){.handler = w[0], .mask = w[1], .flags = w[2], .restorer = w[3]};
    int error = change_action(signal, new_at ? &new : NULL, &old);
    if (error || !old_at)
        return error;
    const u32 out[4] = {old.handler, (u32)old.mask, old.flags, old.restorer};
    return copy_to_user(old_at, out, sizeof(out));
}

s32 sys_signal(int signal, u32 handler)
{
    struct action new = {.handler = handler, .flags = SA_RESETHAND | SA_NODEFER}, old;
    int error = change_action(signal, &new, &old);
    return error ? error : (s32)old.handler;
}

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

struct group_send {
    s32 group; /* 0: everybody but the sender */
    const struct siginfo *info;
    u32 sent;
};

static void send_to_member(struct process *process, void *arg)
{
    struct group_send *g = arg;
    if (process->zombie || (g->group ? process->group != g->group : process == process_current()))
        return;
    g->sent++;
    if (g->info->signal)
        signal_send_process(process, g->info);
}

static struct siginfo info_from_self(int signal, int code)
{
    const struct process *self = process_current();
    return (struct siginfo){.signal = signal, .code = code, .field = {(u32)self->pid, self->uid[0]}};
}

s32 sys_kill(s32 pid, int signal)
{
    if (signal < 0 || signal > SIGNALS)
        return -EINVAL;
    const struct siginfo info = info_from_self(signal, SI_USER);
    s32 result = 0;
    mutex_lock(&process_lock);
    if (pid > 0) {
        struct process *process = process_find(pid);
        if (!process)
            result = -ESRCH;
        else if (signal)
            result = signal_queue(process, NULL, &info);
    } else {
        struct group_send g = {.group = pid == 0    ? process_current()->group
                                        : pid == -1 ? 0
                                                    : -pid,
                               .info = &info};
        process_for_each(send_to_member, &g);
        result = g.sent ? 0 : -ESRCH;
    }
    mutex_unlock(&process_lock);
    return result;
}

static s32 send_to_thread(s32 group, s32 tid, const struct siginfo *info)
{
    s32 result = -ESRCH;
    if (tid <= 0 || info->signal < 0 || info->signal > SIGNALS)
        return -EINVAL;
    mutex_lock(&process_lock);
    struct thread *thread = thread_find(tid);
    if (thread && (group < 0 || thread->process->pid == group))
        result = info->signal ? signal_queue(thread->process, thread, info) : 0;
    mutex_unlock(&process_lock);
    return result;
}

s32 sys_tgkill(s32 group, s32 tid, int signal)
{
    const struct siginfo info = info_from_self(signal, SI_TKILL);
    return group <= 0 ? -EINVAL : send_to_thread(group, tid, &info);
}
s32 sys_tkill(s32 tid, int signal)
{
    const struct siginfo info = info_from_self(signal, SI_TKILL);
    return send_to_thread(-1, tid, &info);
}

s32 sys_rt_sigqueueinfo(s32 pid, int signal, vaddr_t info_at)
{
    struct siginfo info;
    if (signal < 0 || signal > SIGNALS)
        return -EINVAL;
    if (copy_from_user(&info, info_at, sizeof(info)))
        return -EFAULT;
    info.signal = signal;
    if ((info.code >= 0 || info.code == SI_TKILL) && pid != process_current()->pid)
        return -EPERM; /* nobody may pretend to be the kernel or kill() */
    mutex_lock(&process_lock);
    struct process *process = process_find(pid);
    s32 result = !process ? -ESRCH : signal ? signal_queue(process, NULL, &info) : 0;
    mutex_unlock(&process_lock);
    return result;
}

s32 sys_rt_tgsigqueueinfo(s32 group, s32 tid, int signal, vaddr_t info_at)
{
    struct siginfo info;
    if (copy_from_user(&info, info_at, sizeof(info)))
        return -EFAULT;
    info.signal = signal;
    if ((info.code >= 0 || info.code == SI_TKILL) && group != process_current()->pid)
        return -EPERM;
    return group <= 0 ? -EINVAL : send_to_thread(group, tid, &info);
}

#define SS_DISABLE  2u
#define MINSIGSTKSZ 2048u

s32 sys_sigaltstack(vaddr_t new_at, vaddr_t old_at)
{
    struct thread *t = thread_current();
    u32 sp = context_user_frame(current)->esp, new[3];
    bool on_it = t->alt_size && sp - t->alt_sp <= t->alt_size;
    const u32 old[3] = {t->alt_sp, !t->alt_size ? SS_DISABLE : on_it ? 1u : 0, t->alt_size};
    if (new_at && copy_from_user(new, new_at, sizeof(new)))
        return -EFAULT;
    if (new_at && on_it)
        return -EPERM;
    if (new_at && (new[1] & ~(SS_DISABLE | 1u | 0x80000000u))) /* SS_AUTODISARM is taken and has no effect */
        return -EINVAL;
    if (new_at && !(new[1] & SS_DISABLE) && new[2] < MINSIGSTKSZ)
        return -ENOMEM;
    if (new_at) {
        t->alt_sp = new[1] & SS_DISABLE ? 0 : new[0];
        t->alt_size = new[1] & SS_DISABLE ? 0 : new[2];
    }
    return old_at ? copy_to_user(old_at, old, sizeof(old)) : 0;
}

static s32 return_from_handler(bool realtime)
{
    struct trap_frame *frame = context_user_frame(current);
    if (!signal_frame_pop(frame, realtime)) {
        printk("%s[%d]: its signal frame at sp %#x cannot be read back.\n", current->comm, current->pid,
               frame_sp(frame));
        process_exit(SIGSEGV);
    }
    return (s32)frame->eax; /* the dispatcher writes it back unchanged */
}
s32 sys_sigreturn(void)
{
    return return_from_handler(false);
}
s32 sys_rt_sigreturn(void)
{
    return return_from_handler(true);
}
