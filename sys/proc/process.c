/*
 * /proc/PID: directories and files that are made when they are looked up and forgotten when closed. A file
 * knows its process by number alone and finds it again under process_lock; what needs its memory takes a user
 * of the space.
 */
#include "diag/trace.h"
#include "fs/dir.h"
#include "fs/generated.h"
#include "lib/string.h"
#include "mm/fault/fault.h"
#include "mm/kernel/kvalloc.h"
#include "sys/proc/files.h"
#include "sys/proc/snapshot.h"

static void make_comm(struct text *t, u32 who)
{
    struct snapshot s;
    if (snapshot_take(who, &s))
        text_print(t, "%s\n", s.comm);
    snapshot_put(&s);
}

/* pthread_setname_np(3) of another thread. Linux gives a thread's name only to its own process. */
static int take_comm(char *written, u32 who)
{
    mutex_lock(&process_lock);
    struct process *process = proc_find(who);
    struct thread *thread = process == process_current() ? proc_thread(process, who) : NULL;
    if (thread) {
        char *newline = strchr(written, '\n');
        if (newline)
            *newline = '\0';
        string_copy(thread->task->comm, written, sizeof(thread->task->comm));
        trace_task_renamed(thread->tid);
    }
    mutex_unlock(&process_lock);
    return thread ? 0 : process ? -EINVAL : -ESRCH;
}

/* A range of the program's memory as it is now. */
static void print_strings(struct text *t, struct mm *mm, vaddr_t start, vaddr_t end)
{
    u32 n = MIN(end - start, 32 * PAGE_SIZE);
    char *bytes = n ? kvalloc(n, "a program's strings", 0) : NULL;
    t->failed |= n && !bytes;
    if (bytes)
        text_append(t, bytes, mm_access(mm, start, bytes, n, ACCESS_READ));
    kvfree(bytes);
}

static void make_cmdline(struct text *t, u32 who)
{
    struct mm *mm = proc_mm(who);
    if (!mm)
        return;
    print_strings(t, mm, mm->arg_start, mm->arg_end);
    mm_put_user(mm);
}

static void make_environ(struct text *t, u32 who)
{
    struct mm *mm = proc_mm(who);
    if (!mm)
        return;
    print_strings(t, mm, mm->env_start, mm->env_end);
    mm_put_user(mm);
}

static const struct {
    const char *name;
    text_maker make;
    text_taker take;
    struct inode *(*create)(u32 who); /* for what is not a text */
} process_files[] = {
    {"maps", proc_make_maps, NULL, NULL},
    {"smaps", proc_make_smaps, NULL, NULL},
    {"smaps_rollup", proc_make_smaps_rollup, NULL, NULL},
    {"status", proc_make_status, NULL, NULL},
    {"stat", proc_make_stat, NULL, NULL},
    {"statm", proc_make_statm, NULL, NULL},
    {"limits", proc_make_limits, NULL, NULL},
    {"comm", make_comm, take_comm, NULL},
    {"cmdline", make_cmdline, NULL, NULL},
    {"environ", make_environ, NULL, NULL},
    {"mounts", proc_make_mounts, NULL, NULL},
    {"mountinfo", proc_make_mountinfo, NULL, NULL},
    {"oom_score", proc_make_oom_score, NULL, NULL},
    {"oom_score_adj", proc_make_oom_score_adj, proc_take_oom_score_adj, NULL},
    {"mem", NULL, NULL, proc_mem_create},
    {"pagemap", NULL, NULL, proc_pagemap_create},
};

/* What else is in the directory: of everybody, of the one who looks, of a whole process. */
enum whose { ANYBODYS, OWN, A_PROCESS };
static struct inode *create_exe(u32 who)
{
    return proc_link_create(LINK_EXE | who);
}
static struct inode *create_cwd(u32 who)
{
    return proc_link_create(LINK_CWD);
}
static struct inode *create_root(u32 who)
{
    return proc_link_create(LINK_ROOT);
}
static struct inode *create_fd_dir(u32 who)
{
    return proc_fd_dir_create();
}
static const struct {
    const char *name;
    u32 type;
    enum whose whose;
    struct inode *(*create)(u32 who);
} others[] = {{"exe", S_IFLNK, ANYBODYS, create_exe},
              {"root", S_IFLNK, ANYBODYS, create_root},
              {"cwd", S_IFLNK, OWN, create_cwd},
              {"fd", S_IFDIR, OWN, create_fd_dir},
              {"task", S_IFDIR, A_PROCESS, proc_task_dir_create}};

static bool shows(enum whose whose, u32 who)
{
    struct process *self = process_current();
    if (whose == OWN && who & ONE_THREAD) {
        mutex_lock(&process_lock);
        struct process *process = proc_find(who);
        mutex_unlock(&process_lock);
        return process == self;
    }
    return whose == ANYBODYS || (whose == OWN ? (s32)who == self->pid : !(who & ONE_THREAD));
}

/* What a look-up made has one name; without memory there is nothing, and why. */
static struct inode *made(struct inode *inode, int *error)
{
    if (inode)
        inode->nlink = 1;
    else
        *error = -ENOMEM;
    return inode;
}

static struct inode *process_dir_lookup(struct inode *dir, const char *name, int *error)
{
    u32 who = (u32)(uintptr_t)dir->data;
    for (u32 i = 0; i < ARRAY_SIZE(process_files); i++)
        if (!strcmp(name, process_files[i].name))
            return made(process_files[i].create
                            ? process_files[i].create(who)
                            : generated_create(process_files[i].make, process_files[i].take, who),
                        error);
    for (u32 i = 0; i < ARRAY_SIZE(others); i++)
        if (!strcmp(name, others[i].name) && shows(others[i].whose, who))
            return made(others[i].create(who), error);
    return NULL;
}

static void process_dir_list(struct inode *dir, struct dir_reader *reader)
{
    u32 n = ARRAY_SIZE(process_files), who = (u32)(uintptr_t)dir->data;
    for (u32 i = 0; i < n; i++)
        dir_reader_add(reader, i, process_files[i].name, dir->ino + 1 + i, S_IFREG);
    for (u32 i = 0; i < ARRAY_SIZE(others); i++)
        if (shows(others[i].whose, who))
            dir_reader_add(reader, n + i, others[i].name, dir->ino + 1 + n + i, others[i].type);
}
static const struct inode_ops process_dir_ops = {.lookup = process_dir_lookup, .list = process_dir_list};

struct inode *proc_process_dir(u32 who, int *error)
{
    mutex_lock(&process_lock);
    bool found = proc_find(who) != NULL;
    mutex_unlock(&process_lock);
    struct inode *dir = found ? made(inode_create(S_IFDIR | 0555, NULL, &process_dir_ops), error) : NULL;
    if (dir)
        dir->data = (void *)(uintptr_t)who;
    return dir;
}
