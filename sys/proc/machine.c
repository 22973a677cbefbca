/* /proc's files about memory, and about the kernel itself. */
#include "diag/counters.h"
#include "diag/trace_control.h"
#include "fs/generated.h"
#include "lib/string.h"
#include "mm/file/mapping.h"
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

static void row(struct text *t, const char *name, u32 kb)
{
    text_print(t, "%-15s %8u kB\n", name, kb);
}

static void make_meminfo(struct text *t, u32 unused)
{
    struct frame_stats f;
    u32 tables_freed = counter_sum(COUNT_pt_free), slabs = KB(slab_pages_in_use());
    u32 cached = mapping_pages_cached();

    frame_stats(&f);
    row(t, "MemTotal:", KB(f.total));
    row(t, "MemFree:", KB(f.free));
    row(t, "MemAvailable:", KB(f.free));
    row(t, "Buffers:", 0);
    row(t, "Cached:", KB(cached));
    row(t, "SwapCached:", 0);
    row(t, "HighFree:", KB(f.high_free));
    row(t, "LowFree:", KB(f.normal_free + f.dma_free));
    row(t, "SwapTotal:", 0);
    row(t, "SwapFree:", 0);
    row(t, "Shmem:", KB(cached));
    row(t, "Slab:", slabs);
    row(t, "SReclaimable:", 0);
    row(t, "SUnreclaim:", slabs);
    row(t, "PageTables:", KB(counter_sum(COUNT_pt_alloc) - tables_freed));
    row(t, "CommitLimit:", KB(commit_limit()));
    row(t, "Committed_AS:", KB(commit_promised()));
    row(t, "VmallocUsed:", KB(kv_pages_in_use()));
}

static void make_vmstat(struct text *t, u32 unused)
{
    struct frame_stats f;
    frame_stats(&f);
    text_print(t, "nr_free_pages %u\n", f.free);
    for (u32 c = 0; c < COUNTER_COUNT; c++)
        text_print(t, "%s %u\n", counter_names[c], counter_sum(c));
}

static void make_version(struct text *t, u32 unused)
{
    text_print(t, "Linux version 6.1.0-faultline #1 SMP PREEMPT\n");
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
static const struct {
    const char *name;
    text_maker make;
    text_taker take;
} files[] = {
    {"meminfo", make_meminfo, NULL},    {"vmstat", make_vmstat, NULL},
    {"version", make_version, NULL},    {"filesystems", make_filesystems, NULL},
    {"swaps", make_swaps, NULL},        {"lock_stat", make_lock_stat, take_lock_stat},
    {"lockdep", make_lockdep, NULL},    {"trace", make_trace, take_trace},
    {"lockcost", make_lock_cost, NULL}, {"kvranges", make_kvranges, NULL},
    {"slabinfo", make_slabinfo, NULL},  {"unknown_syscalls", make_unknown, NULL},
};

int proc_machine_init(struct inode *proc)
{
    int error = 0;

    lock_cost_init();
    for (u32 i = 0; i < ARRAY_SIZE(files) && !error; i++)
        error = generated_add(proc, files[i].name, files[i].make, files[i].take);
    return error;
}
