/*
 * Sending. Everything happens under the receiver's signal_lock, in any context; what the receiver does about
 * it is decided on its own way back to user mode (signal_deliver.c). Two things are decided here, since
 * nobody may be left to decide them: a signal that ends the process marks it as ending at once, so that
 * killable sleeps end, and SIGCONT lets a stopped process go.
 */
#include "diag/assert.h"
#include "fs/inode.h"
#include "mm/kernel/slab.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/signal/watch.h"

#define STOPS (sig_bit(SIGSTOP) | sig_bit(SIGTSTP) | sig_bit(SIGTTIN) | sig_bit(SIGTTOU))
static_assert(SIGTTOU - SIGCONT == 4, "SIGCONT and the four that stop are neighbours");

static u32 handler_of(const struct process *process, int signal)
{
    return READ_ONCE(process->actions->of[signal].handler);
}

static bool is_ignored(const struct process *process, int signal)
{
    u32 handler = handler_of(process, signal);
    return handler == SIG_IGN || (handler == SIG_DFL && signal_ignored_by_default(signal));
}

static bool ends_process(const struct process *process, int signal)
{
    return handler_of(process, signal) == SIG_DFL && !signal_ignored_by_default(signal) &&
           !signal_stops_by_default(signal);
}

static bool takes(const struct thread *thread, int signal)
{
    return !sig_in(&thread->blocked, signal);
}

/* The thread that will see a signal sent to the process: itself, one that waits for it, or any that lets it
 * through. */
static struct thread *choose_receiver(struct process *process, int signal)
{
    struct thread *thread, *chosen = NULL;
    list_for_each (thread, &process->threads, link) {
        if (sig_in(&thread->awaited, signal))
            return thread;
        if (takes(thread, signal) && (!chosen || (!in_interrupt() && thread->task == current)))
            chosen = thread;
    }
    return chosen;
}

/* One of the five comes: what contradicts it is no longer pending. */
static void stop_and_continue(struct process *process, int signal)
{
    struct thread *thread;
    struct list none = LIST_INIT(none); /* of these five only timers' own are queued */
    sigset undone = signal == SIGCONT ? STOPS : sig_bit(SIGCONT);
    pending_discard(&process->pending, undone, &none);
    list_for_each (thread, &process->threads, link) {
        pending_discard(&thread->pending, undone, &none);
    }
    if (signal == SIGCONT && process->stopped) {
        process->stopped = false;
        process->continue_unreported = process->continue_unsaid = true;
        wake_all(&process->stop_wait);
    }
}

/* Returns whether `queued` was used. */
static bool send_locked(struct process *process, struct thread *thread, const struct siginfo *info,
                        struct queued_signal *queued)
{
    int signal = info->signal;
    spin_assert_held(&process->signal_lock);
    if (process->live == 0 || process->group_exiting)
        return false;
    if (unlikely(signal >= SIGCONT && signal <= SIGTTOU))
        stop_and_continue(process, signal);
    if (signal == SIGKILL) {
        process_end_locked(process, SIGKILL);
        return false;
    }
    struct thread *receiver = thread ? thread : choose_receiver(process, signal);
    bool awaited = receiver && sig_in(&receiver->awaited, signal),
         seen = receiver && (takes(receiver, signal) || awaited);
    if (seen && !awaited && is_ignored(process, signal))
        return false;
    pending_add(thread ? &thread->pending : &process->pending, info, queued);
    signal_wake_watchers_locked(process);
    /* Who is stopped dies of it when it goes on: only SIGKILL does not wait. */
    if (seen && !awaited && !process->stopped && ends_process(process, signal) &&
        !(thread && thread->task == current && !in_interrupt()))
        process_end_locked(process, (u32)signal);
    else if (seen)
        task_signal(receiver->task);
    return queued != NULL;
}

void signal_send_process(struct process *process, const struct siginfo *info)
{
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    send_locked(process, NULL, info, NULL);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

void signal_send_thread(struct thread *thread, const struct siginfo *info)
{
    struct process *process = thread->process;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    send_locked(process, thread, info, NULL);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

int signal_queue(struct process *process, struct thread *thread, const struct siginfo *info)
{
    struct queued_signal *queued = NULL;
    if (info->signal >= SIGRTMIN && !(queued = fs_alloc(sizeof(*queued))))
        return -EAGAIN;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    bool used = send_locked(process, thread, info, queued);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (unlikely(queued && !used))
        kfree(queued);
    return 0;
}

void signal_queue_kept_locked(struct process *process, struct thread *thread, struct queued_signal *queued)
{
    const struct siginfo info = queued->info;
    assert(queued->taken && list_is_empty(&queued->link));
    send_locked(process, thread, &info, queued);
}

void signal_withdraw_locked(struct process *process, struct thread *thread, struct queued_signal *queued)
{
    spin_assert_held(&process->signal_lock);
    if (!list_is_empty(&queued->link))
        pending_withdraw(thread ? &thread->pending : &process->pending, queued);
}

void signal_force(int signal, int code, u32 address)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    const struct siginfo info = {.signal = signal, .code = code, .field = {address}};
    assert(!in_atomic());
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    /* Not to be put off: the instruction cannot be passed. A blocked or ignored one takes the default action.
     */
    if (!takes(thread, signal) || handler_of(process, signal) == SIG_IGN) {
        WRITE_ONCE(process->actions->of[signal].handler, SIG_DFL);
        thread->blocked &= ~sig_bit(signal);
    }
    pending_add(&thread->pending, &info, NULL);
    task_signal(thread->task);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

void signal_wake_receivers_slow(struct process *process)
{
    struct thread *thread;
    spin_assert_held(&process->signal_lock);
    list_for_each (thread, &process->threads, link) {
        if (process->pending.set & ~thread->blocked)
            task_signal(thread->task);
    }
}

/* A new mask for the running thread, without KILL and STOP. Under its process's signal_lock. */
static void set_blocked_locked(struct thread *thread, sigset blocked)
{
    thread->blocked = blocked & ~UNBLOCKABLE;
    if (thread->pending.set & ~thread->blocked)
        task_signal(thread->task);
    signal_wake_receivers_locked(thread->process); /* we may have been the one that a signal was meant for */
}

void signal_set_blocked(sigset blocked)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    if ((blocked & ~UNBLOCKABLE) == thread->blocked)
        return;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    set_blocked_locked(thread, blocked);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

sigset signal_pending_set(struct thread *thread)
{
    irqflags_t flags = spin_lock_irq_save(&thread->process->signal_lock);
    sigset set = thread->pending.set | thread->process->pending.set;
    spin_unlock_irq_restore(&thread->process->signal_lock, flags);
    return set;
}
