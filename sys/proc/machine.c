/* /proc's files about the machine, and about the kernel itself. */
#include "arch/clock.h"
#include "diag/counters.h"
#include "diag/trace_control.h"
#include "fs/generated.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/commit.h"
#include "sync/lock_cost.h"
#include "sync/lock_stat.h"
#include "sync/lockdep.h"
#include "sys/proc/files.h"
#include "sys/process/process.h"
#include "sys/syscall.h"

#define KB(pages) ((pages) * (PAGE_SIZE / 1024u))

static void text_line(void *ctx, const char *line)
{
    text_print(ctx, "%s\n", line);
}

static void make_meminfo(struct text *t, u32 unused)
{
    struct frame_stats f;
    frame_stats(&f);
    text_print(t, "MemTotal:       %8u kB\nMemFree:        %8u kB\nMemAvailable:   %8u kB\n", KB(f.total),
               KB(f.free), KB(f.free));
    text_print(
        t, "Buffers:        %8u kB\nCached:         %8u kB\nSwapTotal:      %8u kB\nSwapFree:       %8u kB\n",
        0, 0, 0, 0);
    text_print(
        t, "HighFree:       %8u kB\nLowFree:        %8u kB\nSlab:           %8u kB\nVmallocUsed:    %8u kB\n",
        KB(f.high_free), KB(f.normal_free + f.dma_free), KB(slab_pages_in_use()), KB(kv_pages_in_use()));
    text_print(t, "CommitLimit:    %8u kB\nCommitted_AS:   %8u kB\n", KB(commit_limit()),
               KB(commit_promised()));
}

static void make_vmstat(struct text *t, u32 unused)
{
    struct frame_stats f;
    frame_stats(&f);
    text_print(t, "nr_free_pages %u\n", f.free);
    for (u32 c = 0; c < COUNTER_COUNT; c++)
        text_print(t, "%s %u\n", counter_names[c], counter_sum(c));
}

static void make_stat(struct text *t, u32 unused)
{
    u32 ticks = (u32)(clock_ns() / 10000000u);
    text_print(t, "cpu  %u 0 0 0 0 0 0 0 0 0\n", ticks * cpu_count());
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        text_print(t, "cpu%u %u 0 0 0 0 0 0 0 0 0\n", cpu, ticks);
    text_print(t, "ctxt %u\nbtime %u\nprocesses %u\n", counter_sum(COUNT_context_switch),
               (u32)clock_wall_seconds(), counter_sum(COUNT_fork));
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

static void make_uptime(struct text *t, u32 unused)
{
    u32 hundredths = (u32)(clock_ns() / 10000000u);
    text_print(t, "%u.%02u 0.00\n", hundredths / 100u, hundredths % 100u);
}

static void make_version(struct text *t, u32 unused)
{
    text_print(t, "Linux version 6.1.0-faultline #1 SMP PREEMPT\n");
}
static void make_mounts(struct text *t, u32 unused)
{
    text_print(t, "tmpfs / tmpfs rw 0 0\nproc /proc proc rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n");
}
static void make_filesystems(struct text *t, u32 unused)
{
    text_print(t, "nodev\ttmpfs\nnodev\tproc\n");
}
static void make_swaps(struct text *t, u32 unused)
{
    text_print(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}
static void make_lock_stat(struct text *t, u32 unused)
{
    lock_stat_report(text_line, t, 200);
}
static int take_lock_stat(char *written, u32 unused)
{
    if (strcmp(written, "0\n") && strcmp(written, "0"))
        return -EINVAL;
    lock_stat_reset();
    return 0;
}
static void make_trace(struct text *t, u32 unused)
{
    trace_report(text_line, t);
}
static int take_trace(char *written, u32 unused)
{
    size_t n = strlen(written);

    if (n && written[n - 1] == '\n')
        written[n - 1] = 0;
    return trace_control(written);
}
static void make_lockdep(struct text *t, u32 unused)
{
    lockdep_report(text_line, t);
}
static void make_lock_cost(struct text *t, u32 unused)
{
    if (!lock_cost_report(text_line, t))
        text_print(t, "no memory\n");
}
static void make_kvranges(struct text *t, u32 unused)
{
    kv_report(text_line, t);
}
static void make_slabinfo(struct text *t, u32 unused)
{
    slab_report(text_line, t);
}
static void make_unknown(struct text *t, u32 unused)
{
    syscall_print_unknown(t);
}
struct load {
    u32 running, all;
    s32 last;
};
static void count_load(struct task *task, void *arg)
{
    struct load *l = arg;
    l->all++;
    l->running += READ_ONCE(task->state) == TASK_RUNNING && task->pid > 0;
    l->last = MAX(l->last, task->pid);
}
static void make_loadavg(struct text *t, u32 unused)
{
    struct load l = {0};
    task_for_each(count_load, &l);
    text_print(t, "0.00 0.00 0.00 %u/%u %d\n", l.running, l.all, l.last);
}

static const struct {
    const char *name;
    text_maker make;
    text_taker take;
} files[] = {
    {"meminfo", make_meminfo, NULL},
    {"vmstat", make_vmstat, NULL},
    {"stat", make_stat, NULL},
    {"cpuinfo", make_cpuinfo, NULL},
    {"uptime", make_uptime, NULL},
    {"loadavg", make_loadavg, NULL},
    {"version", make_version, NULL},
    {"mounts", make_mounts, NULL},
    {"filesystems", make_filesystems, NULL},
    {"swaps", make_swaps, NULL},
    {"lock_stat", make_lock_stat, take_lock_stat},
    {"lockdep", make_lockdep, NULL},
    {"trace", make_trace, take_trace},
    {"lockcost", make_lock_cost, NULL},
    {"kvranges", make_kvranges, NULL},
    {"slabinfo", make_slabinfo, NULL},
    {"unknown_syscalls", make_unknown, NULL},
};

int proc_machine_init(struct inode *proc)
{
    int error = 0;

    lock_cost_init();
    for (u32 i = 0; i < ARRAY_SIZE(files) && !error; i++)
        error = generated_add(proc, files[i].name, files[i].make, files[i].take);
    return error;
}
