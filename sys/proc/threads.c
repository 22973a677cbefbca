/* /proc/PID/task: a directory for each thread, with the files that a process has. */
#include "fs/dir.h"
#include "lib/string.h"
#include "sys/proc/files.h"
#include "sys/proc/snapshot.h"

static struct inode *task_dir_lookup(struct inode *dir, const char *name, int *error)
{
    s32 pid = (s32)(uintptr_t)dir->data;
    u32 tid;
    if (!parse_u32(name, &tid) || tid >= ONE_THREAD)
        return NULL;
    mutex_lock(&process_lock);
    struct process *process = proc_find(tid | ONE_THREAD);
    bool found = process && process->pid == pid;
    mutex_unlock(&process_lock);
    return found ? proc_process_dir(tid | ONE_THREAD, error) : NULL;
}

static s32 next_thread(s32 after, s32 pid)
{
    struct thread *thread;
    s32 next = 0;

    mutex_lock(&process_lock);
    struct process *process = process_find(pid);
    if (process)
        list_for_each (thread, &process->threads, link)
            if (thread->tid > after && (!next || thread->tid < next))
                next = thread->tid;
    mutex_unlock(&process_lock);
    return next;
}

static void task_dir_list(struct inode *dir, struct dir_reader *reader)
{
    proc_list_numbers(reader, next_thread, (s32)(uintptr_t)dir->data);
}
static const struct inode_ops task_dir_ops = {.lookup = task_dir_lookup, .list = task_dir_list};

struct inode *proc_task_dir_create(u32 pid)
{
    struct inode *dir = inode_create(S_IFDIR | 0555, NULL, &task_dir_ops);
    if (dir)
        dir->data = (void *)(uintptr_t)pid;
    return dir;
}
