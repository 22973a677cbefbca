/* Copies of what a process is, for /proc: taken under process_lock, printed without it. */
#include "sys/proc/snapshot.h"
#include "lib/string.h"

static char state_letter(const struct process *process, const struct task *task)
{
    if (process->zombie)
        return 'Z';
    if (process->stopped)
        return 'T';
    switch (task ? READ_ONCE(task->state) : (u32)TASK_DEAD) {
    case TASK_RUNNING:
        return 'R';
    case TASK_INTERRUPTIBLE:
        return 'S';
    default:
        return 'D';
    }
}

static void copy_signals(struct snapshot *s, const struct process *p)
{
    for (int n = 1; n <= SIGNALS; n++) {
        u32 handler = READ_ONCE(p->actions->of[n].handler);
        u64 bit = 1ull << (n - 1);
        s->ignored |= handler == SIG_IGN ? bit : 0;
        s->caught |= handler != SIG_IGN && handler != SIG_DFL ? bit : 0;
    }
    s->pending = p->pending.set;
}

static void copy_thread(struct snapshot *s, struct thread *thread)
{
    struct task *task = thread->task;
    memcpy(s->comm, task->comm, sizeof(s->comm));
    s->cpu = READ_ONCE(task->cpu);
    s->nice = task->nice;
    s->blocked = thread->blocked;
    s->mm = task_get_mm(task);
}

static void copy_process(struct snapshot *s, struct process *p) must_hold(&process_lock)
{
    s->used = usage_of_process(p);
    s->used_by_children = p->used_by_children;
    s->pid = p->pid;
    s->parent = p->parent_pid;
    s->group = p->group;
    s->session = p->session;
    s->exit_signal = (s32)p->exit_signal;
    s->oom_score_adj = p->oom_score_adj;
    s->threads = p->live;
    s->start_ns = p->start_ns;
    s->exe = p->exe;
    memcpy(s->uid, p->uid, sizeof(s->uid));
    memcpy(s->gid, p->gid, sizeof(s->gid));
    memcpy(s->limits, p->limits, sizeof(s->limits));
    copy_signals(s, p);
}

bool snapshot_take(s32 pid, struct snapshot *s)
{
    memset(s, 0, sizeof(*s));
    mutex_lock(&process_lock);
    struct process *p = process_find(pid);
    if (p) {
        struct thread *first = list_first(&p->threads, struct thread, link);
        copy_process(s, p);
        s->state = state_letter(p, first ? first->task : NULL);
        if (first)
            copy_thread(s, first);
        if (s->exe)
            inode_get(s->exe);
    }
    mutex_unlock(&process_lock);
    return p != NULL;
}

void snapshot_put(struct snapshot *s)
{
    if (s->mm)
        mm_put_user(s->mm);
    inode_put(s->exe);
}

struct mm *proc_mm(s32 pid)
{
    mutex_lock(&process_lock);
    struct process *p = process_find(pid);
    struct thread *first = p ? list_first(&p->threads, struct thread, link) : NULL;
    struct mm *mm = first ? task_get_mm(first->task) : NULL;
    mutex_unlock(&process_lock);
    return mm;
}

int proc_parse_number(char *written, s32 least, s32 most, s32 *to)
{
    char *newline = strrchr(written, '\n');
    bool negative = *written == '-';
    u32 value;
    if (newline && !newline[1])
        *newline = '\0';
    if (!parse_u32(written + negative, &value) || value > 0x7fffffff)
        return -EINVAL;
    s32 number = negative ? -(s32)value : (s32)value;
    if (number < least || number > most)
        return -EINVAL;
    *to = number;
    return 0;
}
