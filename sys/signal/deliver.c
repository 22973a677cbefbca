/*
 * The way back to user mode: death, stops, and handlers. arch/ calls user_return_work() until no work is
 * flagged, so each call handles one signal and flags the rest again.
 *
 * The flags are cleared before the pending sets are read: a signal that comes after the look sets them anew.
 */
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "mm/kernel/slab.h"
#include "mm/space/vma.h"
#include "sys/process/first_program.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

#define VECTOR_OF_SYSCALL 0x80u

static int dequeue_locked(struct thread *thread, sigset wanted, struct siginfo *info,
                          struct queued_signal **spent)
{
    struct process *process = thread->process;
    int signal = pending_take(&thread->pending, wanted, info, spent);
    return signal ? signal : pending_take(&process->pending, wanted, info, spent);
}

/* What is still to be delivered is flagged again. */
static void flag_others_locked(struct thread *thread)
{
    if ((thread->pending.set | thread->process->pending.set) & ~thread->blocked)
        task_signal(thread->task);
}

int signal_dequeue(sigset wanted, struct siginfo *info)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    struct queued_signal *spent = NULL;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    int signal = dequeue_locked(thread, wanted, info, &spent);
    flag_others_locked(thread);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    kfree(spent);
    return signal;
}

/* The lowest pending signal that is not blocked, with what is to be done about it; where that is a handler,
 * its mask holds from here on, and *restore is what comes back after it. 0: none. Of current. */
static int dequeue_action(struct siginfo *info, struct action *action, sigset *restore)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    struct queued_signal *spent = NULL;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    int signal = dequeue_locked(thread, ~thread->blocked, info, &spent);
    if (signal) {
        action_read(process->actions, signal, action);
        *restore = thread->blocked;
        if (action_is_handler(action)) {
            thread->blocked |= action->mask; /* never KILL nor STOP: change_action() has seen to that */
            if (!(action->flags & SA_NODEFER))
                sig_add(&thread->blocked, signal);
            signal_wake_receivers_locked(process); /* what we block now may be another's to take */
        }
    }
    flag_others_locked(thread);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (unlikely(spent))
        kfree(spent);
    return signal;
}

/* A sentence for the log: what died of what, and in which region a bad address lies. */
static void report_death(struct trap_frame *frame, const struct siginfo *info)
{
    int signal = info->signal;
    if (signal != SIGSEGV && signal != SIGBUS && signal != SIGILL && signal != SIGFPE) {
        printk("%s[%d] killed by %s.\n", current->comm, current->pid, signal_name(signal));
        return;
    }
    vaddr_t addr = info->field[0], start = 0, end = 0;
    const char *name = "no region";
    rwsem_read_lock(&current->mm->mmap_lock);
    const struct vma *vma = vma_find(current->mm, addr);
    if (vma) {
        start = vma->start;
        end = vma->end;
        name = vma->name ? vma->name : vma->mapping ? "a file's region" : "an anonymous region";
    }
    rwsem_read_unlock(&current->mm->mmap_lock);
    printk("%s[%d] killed by %s: code %d, address %#x in %s (%#x-%#x), at ip %#x sp %#x.\n", current->comm,
           current->pid, signal_name(signal), info->code, addr, name, start, end, frame_ip(frame),
           frame_sp(frame));
}

static void restart_call(struct trap_frame *frame, u32 number)
{
    frame->eax = number;
    frame_set_ip(frame, frame_ip(frame) - 2); /* INT 0x80 is two bytes */
}

/* An interrupted call answers EINTR to a handler, or runs again: SA_RESTART, signal(7). */
static void finish_interrupted_call(struct trap_frame *frame, const struct action *action)
{
    if (frame->vector != VECTOR_OF_SYSCALL)
        return;
    s32 result = (s32)frame->eax;
    if (result != -ERESTARTSYS && result != -ERESTARTNOHAND && result != -ERESTART_BLOCK)
        return;
    if (!action)
        restart_call(frame, result == -ERESTART_BLOCK ? NR_restart_syscall : frame->error);
    else if (result == -ERESTARTSYS && (action->flags & SA_RESTART))
        restart_call(frame, frame->error);
    else
        frame->eax = (u32)-EINTR;
}

/* The frame cannot be written. A handler for SIGSEGV on a stack of its own may still save the program; that
 * one's own frame is the last try. */
static void refuse_handler(struct trap_frame *frame, int signal, sigset restore)
{
    printk("%s[%d]: no stack for the handler of %s at sp %#x.\n", current->comm, current->pid,
           signal_name(signal), frame_sp(frame));
    if (signal == SIGSEGV)
        process_exit(SIGSEGV);
    signal_set_blocked(restore);
    signal_force(SIGSEGV, SI_KERNEL, 0);
}

static void run_handler(struct trap_frame *frame, const struct action *action, const struct siginfo *info,
                        sigset restore)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    finish_interrupted_call(frame, action);
    if (thread->has_saved_mask)
        restore = thread->saved_mask;
    thread->has_saved_mask = false;
    if (action->flags & SA_RESETHAND) {
        irqflags_t flags = spin_lock_irq_save(&process->actions->lock);
        process->actions->of[info->signal].handler = SIG_DFL;
        spin_unlock_irq_restore(&process->actions->lock, flags);
    }
    if (!signal_frame_push(frame, action, info, restore))
        refuse_handler(frame, info->signal, restore);
}

static void stop_process(struct process *process, int signal)
{
    struct thread *thread;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    bool first = !process->stopped && !process->group_exiting;
    if (first) {
        process->stopped = process->stop_unreported = true;
        process->continue_unreported = false;
        process->stop_signal = (u32)signal;
        list_for_each (thread, &process->threads, link) {
            task_signal(thread->task);
        }
    }
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (!first)
        return;
    mutex_lock(&process_lock);
    process_notify_parent(process, CLD_STOPPED, signal);
    mutex_unlock(&process_lock);
}

static void stay_stopped(struct process *process)
{
    atomic_bit_set(&current->flags, TASKF_STOPPED);
    int killed = wait_event_killable(&process->stop_wait, !READ_ONCE(process->stopped));
    atomic_bit_clear(&current->flags, TASKF_STOPPED);
    if (killed)
        return;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    bool say = process->continue_unsaid;
    process->continue_unsaid = false;
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (!say)
        return;
    mutex_lock(&process_lock);
    process_notify_parent(process, CLD_CONTINUED, SIGCONT);
    mutex_unlock(&process_lock);
}

/* True when a handler is about to run: then the call's end and the mask are settled. */
static bool deliver_next(struct trap_frame *frame)
{
    struct siginfo info;
    struct action action;
    sigset restore;
    int signal = dequeue_action(&info, &action, &restore);
    if (!signal)
        return false;
    if (action_is_handler(&action)) {
        run_handler(frame, &action, &info, restore);
        return true;
    }
    if (action.handler == SIG_IGN || signal_ignored_by_default(signal))
        return false;
    if (signal_stops_by_default(signal)) {
        if (signal != SIGSTOP && process_is_orphaned())
            return false; /* nobody would ever let it go on */
        stop_process(process_current(), signal);
        stay_stopped(
            process_current()); /* at once: SIGCONT may be here already, and its news are to be told */
        return false;
    }
    report_death(frame, &info);
    process_exit((u32)signal);
}

static inline void leave_if_dying(struct process *process)
{
    struct task *exec_task = READ_ONCE(process->exec_task);
    if (READ_ONCE(process->group_exiting))
        thread_exit(process->exit_code);
    if (exec_task && exec_task != current)
        thread_exit(0);
    assert(!task_is_killed(current) || exec_task == current);
}

void user_return_work(struct trap_frame *frame)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    assert(frame_from_user(frame) && irq_enabled());
    leave_if_dying(process);
    if (thread->enter_first) {
        thread->enter_first = false;
        first_program_enter();
    }
    if (thread->set_tid) {
        if (user_store_u32(thread->set_tid, (u32)thread->tid))
            thread->clear_tid = 0; /* as on Linux a bad address is the program's own business */
        thread->set_tid = 0;
    }
    atomic_bits_clear(&current->flags, 1u << TASKF_WORK | 1u << TASKF_SIGNAL);
    if (READ_ONCE(process->stopped)) {
        stay_stopped(process);
        leave_if_dying(process);
    }
    if (deliver_next(frame))
        return;
    if (atomic_bit_test(&current->flags, TASKF_WORK))
        return; /* more to do: arch/ calls again, and the call's end is settled by whoever comes last */
    finish_interrupted_call(frame, NULL);
    if (thread->has_saved_mask) {
        thread->has_saved_mask = false;
        signal_set_blocked(thread->saved_mask);
    }
}
