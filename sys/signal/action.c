/* What a signal does: sigaction(2), signal(2). */
#include "arch/user.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

/* What is ignored now is no longer pending: sigaction(2). */
static void forget_pending(struct process *process, int signal)
{
    struct thread *thread;
    struct list spent = LIST_INIT(spent);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    pending_discard(&process->pending, sig_bit(signal), &spent);
    list_for_each (thread, &process->threads, link) {
        pending_discard(&thread->pending, sig_bit(signal), &spent);
    }
    spin_unlock_irq_restore(&process->signal_lock, flags);
    pending_free_list(&spent);
}

static int change_action(int signal, const struct action *new, struct action *old)
{
    struct process *process = process_current();
    struct actions *actions = process->actions;
    if (signal < 1 || signal > SIGNALS || (new && (signal == SIGKILL || signal == SIGSTOP)))
        return -EINVAL;
    irqflags_t flags = spin_lock_irq_save(&actions->lock);
    *old = actions->of[signal];
    if (new) {
        seq_write_begin(&actions->changes);
        actions->of[signal] = *new;
        actions->of[signal].mask &= ~UNBLOCKABLE;
        seq_write_end(&actions->changes);
    }
    spin_unlock_irq_restore(&actions->lock, flags);
    if (new && (new->handler == SIG_IGN || (new->handler == SIG_DFL &&signal_ignored_by_default(signal))))
        forget_pending(process, signal);
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
