/* Birth, records and look-up of processes and threads. */
#include "sys/process/process.h"
#include "arch/clock.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/signal/private.h"
#include "sys/time/itimer.h"

#define BUCKETS 64u
struct mutex process_lock;
struct process *process_root;
static struct list processes_by_pid[BUCKETS], threads_by_tid[BUCKETS]; /* (P) */

static struct list *bucket(struct list *table, s32 number)
{
    return &table[(u32)number % BUCKETS];
}

void process_init(void)
{
    mutex_init(&process_lock, "process_lock", PROCESS);
    for (u32 i = 0; i < BUCKETS; i++) {
        list_init(&processes_by_pid[i]);
        list_init(&threads_by_tid[i]);
    }
    struct actions *actions = actions_create(NULL);
    mutex_lock(&process_lock);
    process_root = actions ? process_create(NULL, 1, actions) : NULL;
    mutex_unlock(&process_lock);
    if (!process_root)
        panic("no memory for the first process");
}

static void process_inherit(struct process *process, const struct process *parent)
{
    process->parent_pid = parent->pid;
    process->group = parent->group;
    process->session = parent->session;
    memcpy(process->limits, parent->limits, sizeof(process->limits));
    process->oom_score_adj = parent->oom_score_adj;
    process->personality = parent->personality;
    process->undumpable = parent->undumpable;
    process->no_new_privs = parent->no_new_privs;
    process->exe = parent->exe;
    if (process->exe)
        inode_get(process->exe);
    memcpy(process->uid, parent->uid, sizeof(process->uid));
    memcpy(process->gid, parent->gid, sizeof(process->gid));
}

struct process *process_create(struct process *parent, s32 pid, struct actions *actions)
{
    assert(mutex_is_held(&process_lock));
    struct process *process = kmalloc(sizeof(*process), GFP_KERNEL);
    if (!process)
        return NULL;
    memset(process, 0, offsetof(struct process, pending.standard));
    process->pid = pid;
    process->parent = parent;
    process->actions = actions;
    process->exit_signal = SIGCHLD;
    process->start_ns = clock_ns();
    process_init_limits(process);
    list_init(&process->children);
    list_init(&process->sibling);
    list_init(&process->threads);
    list_init(&process->posix_timers);
    list_init(&process->cpu_armed);
    spinlock_init(&process->signal_lock, "signal_lock", SIGNAL);
    pending_init(&process->pending);
    waitqueue_init(&process->stop_wait);
    waitqueue_init(&process->exec_wait);
    waitqueue_init(&process->child_wait);
    if (parent) {
        process_inherit(process, parent);
        process_update_limits(process);
        list_push_back(&parent->children, &process->sibling);
    }
    list_push_back(bucket(processes_by_pid, pid), &process->hash);
    return process;
}

void process_free(struct process *process)
{
    assert(mutex_is_held(&process_lock));
    assert(process != process_root && process->live == 0 && list_is_empty(&process->children));
    assert(list_is_empty(&process->posix_timers));
    list_remove(&process->sibling);
    list_remove(&process->hash);
    pending_free(&process->pending);
    actions_put(process->actions);
    inode_put(process->exe);
    kfree(process);
}

struct process *process_find(s32 pid)
{
    assert(mutex_is_held(&process_lock));
    struct process *process;
    list_for_each (process, bucket(processes_by_pid, pid), hash) {
        if (process->pid == pid && process != process_root)
            return process;
    }
    return NULL;
}

struct thread *thread_find(s32 tid)
{
    assert(mutex_is_held(&process_lock));
    struct thread *thread;
    list_for_each (thread, bucket(threads_by_tid, tid), hash) {
        if (thread->tid == tid)
            return thread;
    }
    return NULL;
}

void process_for_each(void (*fn)(struct process *, void *), void *arg)
{
    assert(mutex_is_held(&process_lock));
    for (u32 i = 0; i < BUCKETS; i++) {
        struct process *process, *next;
        list_for_each_safe (process, next, &processes_by_pid[i], hash) {
            if (process != process_root)
                fn(process, arg);
        }
    }
}

struct thread *thread_create(struct process *process, const char *comm, s32 tid)
{
    struct thread *thread = kmalloc(sizeof(*thread), GFP_KERNEL);
    struct task *task = thread ? task_create(comm, tid) : NULL;
    if (!task) {
        kfree(thread);
        return NULL;
    }
    memset(thread, 0, offsetof(struct thread, pending.standard));
    thread->task = task;
    thread->process = process;
    thread->tid = tid;
    list_init(&thread->link);
    list_init(&thread->hash);
    pending_init(&thread->pending);
    task->private = thread;
    task->process = process;
    task->limits = &process->memory;
    return thread;
}

void thread_free(struct thread *thread)
{
    assert(list_is_empty(&thread->link) && list_is_empty(&thread->hash) && !thread->vfork_gate);
    pending_free(&thread->pending);
    if (thread->files)
        fd_table_put(thread->files);
    if (thread->fs)
        fs_context_put(thread->fs);
    kfree(thread);
}

void thread_link(struct thread *thread)
{
    struct process *process = thread->process;
    assert(mutex_is_held(&process_lock));
    list_push_back(bucket(threads_by_tid, thread->tid), &thread->hash);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    list_push_back(&process->threads, &thread->link);
    process->live++;
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

void thread_unlink(struct thread *thread)
{
    struct process *process = thread->process;
    assert(mutex_is_held(&process_lock) && process->live > 0);
    list_remove(&thread->hash);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    list_remove(&thread->link);
    process->live--;
    pending_let_go_of_kept(&thread->pending);
    struct usage used = usage_of_task(thread->task);
    usage_add(&process->used_by_ended, &used);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

void thread_take_pid(struct thread *thread)
{
    assert(thread->process->live == 1);
    list_remove(&thread->hash);
    thread->tid = thread->process->pid;
    thread->task->pid = thread->tid;
    list_push_back(bucket(threads_by_tid, thread->tid), &thread->hash);
}

struct fs_context *fs_context_create(struct inode *cwd, u32 umask)
{
    struct fs_context *fs = fs_alloc(sizeof(*fs));
    if (!fs)
        return NULL;
    atomic_set(&fs->refs, 1);
    spinlock_init(&fs->lock, "fs_context", LEAF);
    inode_get(cwd);
    fs->cwd = cwd;
    fs->umask = umask;
    return fs;
}

struct fs_context *fs_context_copy(struct fs_context *from)
{
    struct inode *cwd = fs_context_cwd(from);
    struct fs_context *fs = fs_context_create(cwd, READ_ONCE(from->umask));
    inode_put(cwd);
    return fs;
}

void fs_context_put(struct fs_context *fs)
{
    if (atomic_dec(&fs->refs) > 0)
        return;
    inode_put(fs->cwd);
    kfree(fs);
}

struct inode *fs_context_cwd(struct fs_context *fs)
{
    spin_lock(&fs->lock);
    struct inode *cwd = fs->cwd;
    inode_get(cwd);
    spin_unlock(&fs->lock);
    return cwd;
}

void fs_context_set_cwd(struct fs_context *fs, struct inode *cwd)
{
    inode_get(cwd);
    spin_lock(&fs->lock);
    struct inode *former = fs->cwd;
    fs->cwd = cwd;
    spin_unlock(&fs->lock);
    inode_put(former);
}
