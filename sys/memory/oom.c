/*
 * Who has to end when memory is out: the program whose end frees most, by its resident pages and page tables;
 * /proc/PID/oom_score_adj moves that by thousandths of all memory, and -1000 exempts (proc(5)).
 *
 * One that is dying already comes first: its memory is free for the taking. Called from inside a fault, with
 * file locks perhaps held: so neither process_lock nor memory. A task that is in its space under RANK_TASK_MM
 * has not let go of its process either, and may be sent a signal.
 */
#include "sys/memory/oom.h"
#include "diag/printk.h"
#include "lib/string.h"
#include "mm/fault/oom.h"
#include "sys/process/process.h"

struct candidate {
    struct mm *mm; /* compared only, until a task of the process is found in it again */
    s32 pid;
    u32 pages, memory; /* its own; the machine's */
    int adj, score;
    struct mm *kept; /* the same with a user reference */
    char comm[16];
};

static u32 pages_of(struct mm *mm)
{
    return mm_resident_estimate(mm) + READ_ONCE(mm->pt_count);
}

int oom_badness(struct mm *mm, int adj, u32 memory)
{
    return (int)pages_of(mm) + adj * (int)memory / OOM_SCORE_ADJ_MAX;
}

/* With the task kept in its space. */
static void consider_in_mm(struct task *task, void *arg)
{
    struct candidate *best = arg;
    int adj = READ_ONCE(task->process->oom_score_adj);
    bool dying = task_is_killed(task);
    if ((READ_ONCE(task->mm->wary) & MM_REAPED) || (adj == OOM_SCORE_ADJ_MIN && !dying))
        return;
    int score = dying ? 0x7fffffff : oom_badness(task->mm, adj, best->memory);
    if (best->mm && score <= best->score)
        return;
    best->mm = task->mm;
    best->pid = task->process->pid;
    best->pages = pages_of(task->mm);
    best->adj = adj;
    best->score = score;
    memcpy(best->comm, task->comm, sizeof(best->comm));
}
static void consider(struct task *task, void *arg)
{
    struct mm *mm = READ_ONCE(task->mm);
    if (mm && task->process)
        task_if_in_mm(task, mm, consider_in_mm, arg);
}

static void keep_in_mm(struct task *task, void *arg)
{
    struct candidate *best = arg;
    if (!best->kept && task->process->pid == best->pid) {
        mm_get_user(best->mm);
        best->kept = best->mm;
    }
}
static void keep(struct task *task, void *arg)
{
    if (task->process)
        task_if_in_mm(task, ((struct candidate *)arg)->mm, keep_in_mm, arg);
}

/* Every process that shares the space: it is of no use to one alone. */
static void kill_in_mm(struct task *task, void *arg)
{
    const struct siginfo info = {.signal = SIGKILL, .code = SI_KERNEL};
    signal_send_process(task->process, &info);
}
static void kill(struct task *task, void *arg)
{
    if (task->process)
        task_if_in_mm(task, ((struct candidate *)arg)->kept, kill_in_mm, NULL);
}

struct mm *oom_choose_and_kill(void)
{
    struct frame_stats stats;
    frame_stats(&stats);
    for (;;) {
        struct candidate best = {.memory = stats.total};
        task_for_each(consider, &best);
        if (!best.mm)
            return NULL;
        task_for_each(keep, &best);
        if (!best.kept)
            continue; /* it has exited meanwhile */
        task_for_each(kill, &best);
        printk("Out of memory: process %d (%s) is killed, %u KiB resident, oom_score_adj %d; "
               "process %d (%s) found no frame for a page, %u of %u KiB are free.\n",
               best.pid, best.comm, best.pages * (PAGE_SIZE / 1024u), best.adj, current->pid, current->comm,
               stats.free * (PAGE_SIZE / 1024u), stats.total * (PAGE_SIZE / 1024u));
        return best.kept;
    }
}
