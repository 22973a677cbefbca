/* /proc/PID/status, stat, statm, limits, oom_score: a process in numbers. proc(5). */
#include "mm/space/measure.h"
#include "sys/memory/oom.h"
#include "sys/proc/snapshot.h"

#define KB(pages) ((pages) * (PAGE_SIZE / 1024u))
#define TICK_NS   10000000u /* USER_HZ is 100 */

static const char *state_name(char state)
{
    switch (state) {
    case 'R':
        return "R (running)";
    case 'S':
        return "S (sleeping)";
    case 'T':
        return "T (stopped)";
    case 'Z':
        return "Z (zombie)";
    default:
        return "D (disk sleep)";
    }
}

static void print_memory(struct text *t, struct mm *mm)
{
    struct space_sums s;
    mm_measure(mm, &s);
    text_print(t, "VmPeak:\t%8u kB\nVmSize:\t%8u kB\nVmLck:\t%8u kB\nVmPin:\t%8u kB\n", KB(mm->peak_pages),
               KB(mm->total_pages), KB(mm->locked_pages), 0);
    text_print(t, "VmHWM:\t%8u kB\nVmRSS:\t%8u kB\nRssAnon:\t%8u kB\nRssFile:\t%8u kB\nRssShmem:\t%8u kB\n",
               KB(s.peak_resident), KB(s.resident), KB(s.anon), KB(s.resident - s.anon - s.shmem),
               KB(s.shmem));
    text_print(
        t,
        "VmData:\t%8u kB\nVmStk:\t%8u kB\nVmExe:\t%8u kB\nVmLib:\t%8u kB\nVmPTE:\t%8u kB\nVmSwap:\t%8u kB\n",
        KB(mm->data_pages), KB(s.stack), KB(s.text), 0, KB(mm->pt_count), 0);
}

static void print_cpus(struct text *t, const struct cpumask *allowed)
{
    u32 mask = 0;
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        mask |= cpumask_test(allowed, cpu) ? 1u << cpu : 0;
    text_print(t, "Cpus_allowed:\t%x\nCpus_allowed_list:\t", mask);
    const char *comma = "";
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        u32 first = cpu;
        if (!(mask >> cpu & 1))
            continue;
        while (mask >> (cpu + 1) & 1)
            cpu++;
        text_print(t, "%s%u", comma, first);
        if (cpu > first)
            text_print(t, "-%u", cpu);
        comma = ",";
    }
    text_print(t, "\n");
}

void proc_make_status(struct text *t, u32 who)
{
    struct snapshot s;
    if (snapshot_take(who, &s)) {
        text_print(t, "Name:\t%s\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
                   s.comm, state_name(s.state), s.pid, s.tid, s.parent);
        text_print(t, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t1024\nGroups:\t\n", s.uid[0],
                   s.uid[1], s.uid[2], s.uid[1], s.gid[0], s.gid[1], s.gid[2], s.gid[1]);
        if (s.mm)
            print_memory(t, s.mm);
        text_print(t, "Threads:\t%u\nSigPnd:\t%016llx\nShdPnd:\t%016llx\n", s.threads, s.own_pending,
                   s.pending);
        text_print(t, "SigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n", s.blocked, s.ignored,
                   s.caught);
        text_print(t, "NoNewPrivs:\t%u\nSeccomp:\t0\n", s.no_new_privs);
        print_cpus(t, &s.allowed);
    }
    snapshot_put(&s);
}

void proc_make_stat(struct text *t, u32 who)
{
    struct snapshot s;
    if (snapshot_take(who, &s)) {
        struct mm *mm = s.mm;
        text_print(t, "%d (%s) %c %d %d %d 0 -1 0", s.tid, s.comm, s.state, s.parent, s.group, s.session);
        text_print(t, " %u %u %u %u", s.used.faults - s.used.reads,
                   s.used_by_children.faults - s.used_by_children.reads, s.used.reads,
                   s.used_by_children.reads);
        text_print(t, " %u 0 %u 0 %d %d %u 0 %u %u %u 4294967295", (u32)(s.used.ns / TICK_NS),
                   (u32)(s.used_by_children.ns / TICK_NS), 20 + s.nice, s.nice, s.threads,
                   (u32)(s.start_ns / TICK_NS), mm ? mm->total_pages << PAGE_SHIFT : 0,
                   mm ? mm_resident(mm) : 0);
        text_print(t, " 0 0 %u 0 0", mm ? mm->stack_top : 0);
        text_print(t, " %u %u %u %u 0 0 0 %d %u 0 0 0 0 0 0 0", (u32)(s.pending | s.own_pending),
                   (u32)s.blocked, (u32)s.ignored, (u32)s.caught, s.exit_signal, s.cpu);
        text_print(t, " %u %u %u %u %u 0\n", mm ? mm->brk_start : 0, mm ? mm->arg_start : 0,
                   mm ? mm->arg_end : 0, mm ? mm->env_start : 0, mm ? mm->env_end : 0);
    }
    snapshot_put(&s);
}

void proc_make_statm(struct text *t, u32 who)
{
    struct snapshot s;
    struct space_sums sums = {0};
    if (snapshot_take(who, &s)) {
        if (s.mm)
            mm_measure(s.mm, &sums);
        text_print(t, "%u %u %u %u 0 %u 0\n", s.mm ? s.mm->total_pages : 0, sums.resident,
                   sums.resident - sums.anon, sums.text, s.mm ? s.mm->data_pages + sums.stack : 0);
    }
    snapshot_put(&s);
}

void proc_make_limits(struct text *t, u32 who)
{
    static const struct {
        const char *name, *unit;
    } rows[RLIMITS] = {
        {"Max cpu time", "seconds"},    {"Max file size", "bytes"},      {"Max data size", "bytes"},
        {"Max stack size", "bytes"},    {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
        {"Max processes", "processes"}, {"Max open files", "files"},     {"Max locked memory", "bytes"},
        {"Max address space", "bytes"}, {"Max file locks", "locks"},     {"Max pending signals", "signals"},
        {"Max msgqueue size", "bytes"}, {"Max nice priority", ""},       {"Max realtime priority", ""},
        {"Max realtime timeout", "us"}};
    struct snapshot s;
    bool found = snapshot_take(who, &s);
    if (found)
        text_print(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (u32 i = 0; found && i < RLIMITS; i++) {
        text_print(t, "%-25s ", rows[i].name);
        for (u32 j = 0; j < 2; j++) {
            if (s.limits[i][j] == RLIM_INFINITY)
                text_print(t, "%-20s ", "unlimited");
            else
                text_print(t, "%-20llu ", s.limits[i][j]);
        }
        text_print(t, "%-10s\n", rows[i].unit);
    }
    snapshot_put(&s);
}

void proc_make_oom_score(struct text *t, u32 who)
{
    struct snapshot s;
    struct frame_stats f;
    frame_stats(&f);
    if (snapshot_take(who, &s)) {
        int pages =
            s.mm && s.oom_score_adj != OOM_SCORE_ADJ_MIN ? oom_badness(s.mm, s.oom_score_adj, f.total) : 0;
        text_print(t, "%u\n", (u32)MAX(pages, 0) / (f.total / 1000u + 1u));
    }
    snapshot_put(&s);
}

void proc_make_oom_score_adj(struct text *t, u32 who)
{
    struct snapshot s;
    if (snapshot_take(who, &s))
        text_print(t, "%d\n", s.oom_score_adj);
    snapshot_put(&s);
}

int proc_take_oom_score_adj(char *written, u32 who)
{
    s32 adj;
    int error = proc_parse_number(written, OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX, &adj);
    if (error)
        return error;
    mutex_lock(&process_lock);
    struct process *p = proc_find(who);
    if (p)
        WRITE_ONCE(p->oom_score_adj, adj);
    mutex_unlock(&process_lock);
    return p ? 0 : -ESRCH;
}
