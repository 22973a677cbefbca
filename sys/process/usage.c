/* Adding up what threads have used. */
#include "sys/process/usage.h"
#include "arch/clock.h"
#include "arch/user.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

/* struct rusage of i386: 18 words. getrusage(2). */
enum {
    RUSAGE_SECONDS = 0,
    RUSAGE_MICROSECONDS = 1,
    RUSAGE_MAXRSS = 4,
    RUSAGE_MINFLT = 8,
    RUSAGE_MAJFLT = 9,
    RUSAGE_WORDS = 18
};

void usage_add(struct usage *to, const struct usage *more)
{
    to->ns += more->ns;
    to->faults += more->faults;
    to->reads += more->reads;
}

struct usage usage_of_task(const struct task *task)
{
    struct usage usage = {.ns = task->sum_exec, .faults = task->fault_seq, .reads = task->fault_reads};
    u64 now = clock_ns();

    if (task == current && task->exec_start && task->exec_start < now)
        usage.ns += now - task->exec_start;
    return usage;
}

struct usage usage_of_process(struct process *process)
{
    struct thread *thread;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    struct usage sum = process->used_by_ended;

    list_for_each (thread, &process->threads, link) {
        struct usage one = usage_of_task(thread->task);
        usage_add(&sum, &one);
    }
    spin_unlock_irq_restore(&process->signal_lock, flags);
    return sum;
}

int usage_to_user(const struct usage *usage, u32 resident, vaddr_t to)
{
    const u32 words[RUSAGE_WORDS] = {
        [RUSAGE_SECONDS] = (u32)(usage->ns / NS_PER_SEC),
        [RUSAGE_MICROSECONDS] = (u32)(usage->ns % NS_PER_SEC) / 1000u,
        [RUSAGE_MAXRSS] = resident * (PAGE_SIZE / 1024u),
        [RUSAGE_MINFLT] = usage->faults - usage->reads,
        [RUSAGE_MAJFLT] = usage->reads,
    };
    return copy_to_user(to, words, sizeof(words));
}

static struct usage usage_of_children(void)
{
    mutex_lock(&process_lock);
    struct usage usage = process_current()->used_by_children;
    mutex_unlock(&process_lock);
    return usage;
}

s32 sys_getrusage(int who, vaddr_t to)
{
    struct usage usage;
    switch (who) {
    case -1: /* RUSAGE_CHILDREN */
        usage = usage_of_children();
        return usage_to_user(&usage, 0, to);
    case 0: /* RUSAGE_SELF */
        usage = usage_of_process(process_current());
        break;
    case 1: /* RUSAGE_THREAD */
        usage = usage_of_task(current);
        break;
    default:
        return -EINVAL;
    }
    return usage_to_user(&usage, mm_peak_resident(current->mm), to);
}

/* In ticks of 100 Hz: user, system, and the same of children that were waited for. times(2). */
s32 sys_times(vaddr_t to)
{
    struct usage self = usage_of_process(process_current()), children = usage_of_children();
    const u32 used[4] = {(u32)(self.ns / (NS_PER_SEC / 100)), 0, (u32)(children.ns / (NS_PER_SEC / 100)), 0};

    if (to && copy_to_user(to, used, sizeof(used)))
        return -EFAULT;
    return (s32)(clock_ns() / (NS_PER_SEC / 100));
}
