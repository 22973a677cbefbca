/*
 * Ends. A thread lets go of memory, files and records in that order; the last one of a process turns it into
 * a zombie under process_lock and tells the parent, who may reap it the moment the lock is free: so nothing
 * of the process is touched after that.
 */
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/futex/futex.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"
#include "sys/time/itimer.h"
#include "sys/time/posix_timer.h"

void vfork_gate_put(struct vfork_gate *gate)
{
    int refs = atomic_dec(&gate->refs);
    assert(refs >= 0);
    if (refs == 0)
        kfree(gate);
}

void vfork_gate_open(struct thread *thread)
{
    struct vfork_gate *gate = thread->vfork_gate;
    if (!gate)
        return;
    thread->vfork_gate = NULL;
    WRITE_ONCE(gate->open, 1);
    wake_all(&gate->wait);
    vfork_gate_put(gate);
}

void thread_release_memory(struct thread *thread)
{
    might_sleep();
    futex_release_robust(thread);
    /* Nobody is left to look when this was the last user of the memory. */
    if (thread->clear_tid && atomic_read(&current->mm->users) > 1 &&
        user_store_u32(thread->clear_tid, 0) == 0)
        futex_wake(thread->clear_tid, 1, ~0u, true);
    thread->clear_tid = 0;
}

void process_end_locked(struct process *process, u32 code)
{
    struct thread *thread;
    spin_assert_held(&process->signal_lock);
    if (!process->group_exiting) {
        process->exit_code = code;
        WRITE_ONCE(process->group_exiting, true);
    }
    list_for_each (thread, &process->threads, link) {
        task_kill(thread->task);
    }
}

void process_exit(u32 code)
{
    struct process *process = process_current();
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    process_end_locked(process, code);
    code = process->exit_code;
    spin_unlock_irq_restore(&process->signal_lock, flags);
    thread_exit(code);
}

static bool parent_ignores(struct process *parent)
{
    if (parent == process_root)
        return false;
    struct action action;
    action_read(parent->actions, SIGCHLD, &action);
    return action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT);
}

static void child_changed(struct process *parent)
{
    atomic_inc(&parent->child_events);
    wake_all(&parent->child_wait);
}

static struct siginfo child_info(struct process *process, int signal, int code, int status)
{
    return (struct siginfo){
        .signal = signal, .code = code, .field = {(u32)process->pid, process->uid[0], (u32)status}};
}

void process_notify_parent(struct process *process, int code, int status)
{
    struct process *parent = process->parent;
    assert(mutex_is_held(&process_lock));
    struct action action;
    action_read(parent->actions, SIGCHLD, &action);
    if (parent != process_root && !(action.flags & SA_NOCLDSTOP)) {
        struct siginfo info = child_info(process, SIGCHLD, code, status);
        signal_send_process(parent, &info);
    }
    child_changed(parent);
}

void process_tell_of_end(struct process *process)
{
    struct process *parent = process->parent;
    u32 code = process->exit_code, signal = code & 0x7f;
    bool ignored = process->exit_signal == SIGCHLD && parent_ignores(parent);
    assert(process->zombie);
    if (parent != process_root && process->exit_signal) {
        struct siginfo info = child_info(process, (int)process->exit_signal, signal ? CLD_KILLED : CLD_EXITED,
                                         (int)(signal ? signal : code >> 8 & 0xff));
        signal_send_process(parent, &info);
    }
    if (ignored)
        process_free(process);
    child_changed(parent);
}

/* The last thread is gone. Under (P). */
static void process_become_zombie(struct process *process) must_hold(&process_lock)
{
    assert(process->live == 0 && !process->zombie);
    process_leave_family(process);
    process->zombie = true;
    if (process->parent == process_root && !process->is_first)
        process_free(process);
    else
        process_tell_of_end(process);
}

static void let_go_of_everything(struct thread *thread)
{
    thread_release_memory(thread);
    if (thread->files)
        fd_table_put(thread->files);
    if (thread->fs)
        fs_context_put(thread->fs);
    thread->files = NULL;
    thread->fs = NULL;
    mm_leave_task();
    vfork_gate_open(thread); /* after the memory: the parent may go on in it */
}

static void leave_process(struct thread *thread, u32 code) must_hold(&process_lock)
{
    struct process *process = thread->process;
    thread_unlink(thread);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    bool last = process->live == 0;
    if (last && !process->group_exiting) {
        process->exit_code = code;
        process->group_exiting = true; /* nothing is delivered to it any more */
    }
    signal_wake_receivers_locked(process);
    wake_all(&process->exec_wait);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (!last)
        return;
    u64 left, interval;
    itimer_set(process, 0, 0, &left, &interval);
    posix_timers_delete(process);
    process_become_zombie(process);
}

void thread_exit(u32 code)
{
    struct thread *thread = thread_current();
    struct task *task = current;
    count_event(exit);
    let_go_of_everything(thread);
    mutex_lock(&process_lock);
    task->limits = NULL;
    task->process = NULL; /* first: the tick must not find a process that is gone */
    leave_process(thread, code);
    task->private = NULL;
    mutex_unlock(&process_lock);
    thread_free(thread);
    task_put(task); /* the record's reference; the running one goes in task_exit() */
    task_exit();
}

s32 sys_exit(u32 code)
{
    thread_exit((code & 0xff) << 8);
}
s32 sys_exit_group(u32 code)
{
    process_exit((code & 0xff) << 8);
}
