/* /proc's files about the processors: what they are, what they did, and for how many they do it. proc(5). */
#include "arch/clock.h"
#include "arch/trap.h"
#include "diag/counters.h"
#include "fs/generated.h"
#include "lib/format.h"
#include "sys/proc/files.h"
#include "sys/process/process.h"

static_assert(TICK_HZ == 100, "programs count in ticks of 1/100 s, whatever the kernel's are");

/* What a tick interrupted is what its hundredth of a second counts as; interrupts are part of the system's. */
static void print_times(struct text *t, const char *name, u32 ticks, u32 user, u32 idle)
{
    text_print(t, "%s %u 0 %u %u 0 0 0 0 0 0\n", name, user, ticks - MIN(ticks, user + idle), idle);
}

static void count_waiting(struct process *process, void *arg)
{
    struct thread *thread;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    list_for_each (thread, &process->threads, link)
        ((u32 *)arg)[READ_ONCE(thread->task->state) == TASK_RUNNING]++;
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

/* Threads of programs: [1] that run or could, [0] all others. */
static void count_threads(u32 *n)
{
    n[0] = n[1] = 0;
    mutex_lock(&process_lock);
    process_for_each(count_waiting, n);
    mutex_unlock(&process_lock);
}

static u32 all_interrupts(void)
{
    return counter_sum(COUNT_timer_tick) + counter_sum(COUNT_irq_device) + counter_sum(COUNT_irq_resched) +
           counter_sum(COUNT_irq_call);
}

static void make_stat(struct text *t, u32 unused)
{
    u32 threads[2], user = counter_sum(COUNT_tick_user), idle = counter_sum(COUNT_tick_idle);
    char name[8];

    count_threads(threads);
    print_times(t, "cpu ", counter_sum(COUNT_timer_tick), user, idle);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        fmt_snprintf(name, sizeof(name), "cpu%u", cpu);
        user = counter_of(cpu, COUNT_tick_user);
        idle = counter_of(cpu, COUNT_tick_idle);
        print_times(t, name, counter_of(cpu, COUNT_timer_tick), user, idle);
    }
    text_print(t, "intr %u\nctxt %u\nbtime %u\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
               all_interrupts(), counter_sum(COUNT_context_switch), (u32)clock_wall_seconds(),
               counter_sum(COUNT_fork), threads[1]);
}

static void print_counts(struct text *t, u32 (*count)(u32 cpu, u32 what), u32 what)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        text_print(t, " %10u", count(cpu, what));
}
static u32 count_of(u32 cpu, u32 what)
{
    return counter_of(cpu, (enum counter)what);
}

static void print_source(void *ctx, u32 source, const char *name)
{
    text_print(ctx, "%3u:", source);
    print_counts(ctx, interrupts_taken, source);
    text_print(ctx, "  %s\n", name);
}

static void make_interrupts(struct text *t, u32 unused)
{
    static const struct {
        const char *name, *what;
        enum counter counter;
    } rows[] = {{"LOC", "Local timer interrupts", COUNT_timer_tick},
                {"RES", "Rescheduling interrupts", COUNT_irq_resched},
                {"CAL", "Function call interrupts", COUNT_irq_call}};

    text_print(t, "    ");
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        text_print(t, "       CPU%-2u", cpu);
    text_print(t, "\n");
    interrupts_report(print_source, t);
    for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
        text_print(t, "%s:", rows[i].name);
        print_counts(t, count_of, rows[i].counter);
        text_print(t, "  %s\n", rows[i].what);
    }
}

static void make_cpuinfo(struct text *t, u32 unused)
{
    u32 khz = (u32)(clock_cycles_per_sec() / 1000u);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        text_print(
            t,
            "processor\t: %u\nvendor_id\t: unknown\ncpu family\t: 6\nmodel name\t: i686\ncpu MHz\t\t: %u.%03u\nflags\t\t: fpu tsc cx8 cmov fxsr sse sse2\n\n",
            cpu, khz / 1000u, khz % 1000u);
}

/* Seconds since boot, and those that the processors have idled, added up. */
static void make_uptime(struct text *t, u32 unused)
{
    u32 up = (u32)(clock_ns() / (NS_PER_SEC / 100)), idle = counter_sum(COUNT_tick_idle);
    text_print(t, "%u.%02u %u.%02u\n", up / 100u, up % 100u, idle / 100u, idle % 100u);
}

static void last_number(struct process *process, void *arg)
{
    *(s32 *)arg = MAX(*(s32 *)arg, process->pid);
}

static void make_loadavg(struct text *t, u32 unused)
{
    u32 threads[2];
    s32 last = 0;

    count_threads(threads);
    mutex_lock(&process_lock);
    process_for_each(last_number, &last);
    mutex_unlock(&process_lock);
    for (u32 i = 0; i < LOADS; i++) {
        u32 hundredths = (sched_load_average(i) * 100u + LOAD_ONE / 2) / LOAD_ONE;
        text_print(t, "%u.%02u ", hundredths / 100u, hundredths % 100u);
    }
    text_print(t, "%u/%u %d\n", threads[1], threads[0] + threads[1], last);
}

int proc_processors_init(struct inode *proc)
{
    static const struct {
        const char *name;
        text_maker make;
    } files[] = {{"stat", make_stat},
                 {"interrupts", make_interrupts},
                 {"cpuinfo", make_cpuinfo},
                 {"uptime", make_uptime},
                 {"loadavg", make_loadavg}};
    int error = 0;

    for (u32 i = 0; i < ARRAY_SIZE(files) && !error; i++)
        error = generated_add(proc, files[i].name, files[i].make, NULL);
    return error;
}
