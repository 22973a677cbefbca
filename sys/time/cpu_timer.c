/*
 * What counts a process's processor time: ITIMER_VIRTUAL and ITIMER_PROF (setitimer(2)), RLIMIT_CPU
 * (setrlimit(2)), and POSIX timers on such clocks.
 *
 * Nothing is armed: the tick looks whenever it finds a task of a process that wants to be looked at, so they
 * are late by a tick at most. User and system time are not told apart, so both timers count all of it.
 */
#include "arch/clock.h"
#include "sys/process/process.h"
#include "sys/time/itimer.h"
#include "sys/time/posix_timer.h"

static bool timer_expired(struct cpu_timer *timer, u64 used)
{
    if (!timer->next || used < timer->next)
        return false;
    timer->next = timer->interval ? MAX(timer->next + timer->interval, used) : 0;
    return true;
}

/* The soft limit says so once a second from there on, the hard one once. */
static int limit_passed(struct process *process, u64 used)
{
    u32 seconds = (u32)(used / NS_PER_SEC);
    if (seconds >= READ_ONCE(process->cpu_hard))
        return SIGKILL;
    if (seconds < MAX(READ_ONCE(process->cpu_soft), process->cpu_warned))
        return 0;
    process->cpu_warned = seconds + 1;
    return SIGXCPU;
}

static void send(struct process *process, int signal)
{
    const struct siginfo info = {.signal = signal, .code = SI_KERNEL};
    if (signal)
        signal_send_process(process, &info);
}

/* On each CPU at its tick, interrupts off. Another thread's tick may look at the same moment. */
static void look_at_current(void)
{
    struct process *process = current->process;
    if (!READ_ONCE(process->watches_cpu))
        return;
    u64 used = usage_of_process(process).ns;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    bool virtual = timer_expired(&process->cpu_timers[0], used);
    bool profile = timer_expired(&process->cpu_timers[1], used);
    int limit = limit_passed(process, used);
    posix_timers_look_locked(process, used);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    send(process, virtual ? SIGVTALRM : 0);
    send(process, profile ? SIGPROF : 0);
    send(process, limit);
}

void cpu_timer_watch(struct process *process)
{
    const struct cpu_timer *t = process->cpu_timers;
    bool limited =
        READ_ONCE(process->cpu_soft) != CPU_UNLIMITED || READ_ONCE(process->cpu_hard) != CPU_UNLIMITED;
    WRITE_ONCE(process->watches_cpu,
               limited || t[0].next || t[1].next || !list_is_empty(&process->cpu_armed));
}

void cpu_timer_read(struct process *process, u32 which, u64 *left, u64 *interval)
{
    u64 used = usage_of_process(process).ns;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    const struct cpu_timer *timer = &process->cpu_timers[which];
    *left = !timer->next ? 0 : timer->next > used ? timer->next - used : 1000;
    *interval = timer->next ? timer->interval : 0;
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

void cpu_timer_set(struct process *process, u32 which, u64 first, u64 interval)
{
    u64 used = usage_of_process(process).ns;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    process->cpu_timers[which] = (struct cpu_timer){first ? used + first : 0, interval};
    cpu_timer_watch(process);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

void cpu_timer_init(void)
{
    sched_tick_hook = look_at_current;
}
