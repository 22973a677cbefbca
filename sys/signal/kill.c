/* Sending: kill(2), tgkill(2), sigqueue(3). */
#include "arch/user.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

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
    return (struct siginfo){signal, 0, code, {(u32)self->pid, self->uid[0], 0, 0, 0}};
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
    struct thread *self = thread_current();
    if (tid == self->tid && (group < 0 || group == self->process->pid)) /* no need to look: it is here */
        return info->signal ? signal_queue(self->process, self, info) : 0;
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
