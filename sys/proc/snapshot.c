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

static void copy_thread(struct snapshot *s, struct thread *thread) must_hold(&process_lock)
{
    struct task *task = thread->task;
    memcpy(s->comm, task->comm, sizeof(s->comm));
    s->cpu = READ_ONCE(task->cpu);
    s->nice = task->nice;
    s->blocked = thread->blocked;
    s->own_pending = thread->pending.set;
    s->allowed = task->allowed;
    s->mm = task_get_mm(task);
}

static void copy_process(struct snapshot *s, struct process *p) must_hold(&process_lock)
{
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
    s->no_new_privs = READ_ONCE(p->no_new_privs);
    memcpy(s->uid, p->uid, sizeof(s->uid));
    memcpy(s->gid, p->gid, sizeof(s->gid));
    memcpy(s->limits, p->limits, sizeof(s->limits));
    copy_signals(s, p);
}

struct process *proc_find(u32 who)
{
    struct thread *thread = who & ONE_THREAD ? thread_find((s32)(who & ~ONE_THREAD)) : NULL;
    if (thread)
        return thread->process;
    return who & ONE_THREAD ? NULL : process_find((s32)who);
}

struct thread *proc_thread(struct process *p, u32 who)
{
    return who & ONE_THREAD ? thread_find((s32)(who & ~ONE_THREAD))
                            : list_first(&p->threads, struct thread, link);
}

bool snapshot_take(u32 who, struct snapshot *s)
{
    memset(s, 0, sizeof(*s));
    mutex_lock(&process_lock);
    struct process *p = proc_find(who);
    if (p) {
        struct thread *thread = proc_thread(p, who);
        copy_process(s, p);
        s->tid = (s32)(who & ~ONE_THREAD);
        s->used = who & ONE_THREAD ? usage_of_task(thread->task) : usage_of_process(p);
        s->state = state_letter(p, thread ? thread->task : NULL);
        if (thread)
            copy_thread(s, thread);
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

struct mm *proc_mm(u32 who)
{
    mutex_lock(&process_lock);
    struct process *p = proc_find(who);
    struct thread *thread = p ? proc_thread(p, who) : NULL;
    struct mm *mm = thread ? task_get_mm(thread->task) : NULL;
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
