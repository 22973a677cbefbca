/* exec leaves one thread: the others end, and the timers that were the old program's. */
#include "sys/process/exec_private.h"
#include "sys/process/process.h"
#include "sys/time/posix_timer.h"

int exec_become_single(struct process *process)
{
    struct thread *thread;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    int error = process->group_exiting || process->exec_task ? -EINTR : 0;
    if (!error)
        process->exec_task = current;
    list_for_each (thread, &process->threads, link) {
        if (!error && thread->task != current)
            task_kill(thread->task);
    }
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (error)
        return error;
    error = wait_event_killable(&process->exec_wait, READ_ONCE(process->live) == 1);
    mutex_lock(&process_lock); /* behind the last leaver, who wakes us from inside */
    if (!error) {
        thread_take_pid(thread_current());
        posix_timers_delete(process);
    }
    process->exec_task = NULL;
    mutex_unlock(&process_lock);
    return error;
}
