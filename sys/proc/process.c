/*
 * /proc/PID: directories and files that are made when they are looked up and forgotten when closed. A file
 * knows its process by number alone and finds it again under process_lock; what needs its memory takes a user
 * of the space.
 */
#include "fs/dir.h"
#include "fs/generated.h"
#include "fs/path.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/fault/fault.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/proc/files.h"
#include "sys/proc/snapshot.h"

static void make_comm(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s))
        text_print(t, "%s\n", s.comm);
    snapshot_put(&s);
}

/* The arguments as they lie in the program's memory now. */
static void make_cmdline(struct text *t, u32 pid)
{
    struct mm *mm = proc_mm((s32)pid);
    if (!mm)
        return;
    u32 n = MIN(mm->arg_end - mm->arg_start, 32 * PAGE_SIZE);
    char *bytes = n ? kvalloc(n, "a command line", 0) : NULL;
    t->failed |= n && !bytes;
    if (bytes)
        text_append(t, bytes, mm_access(mm, mm->arg_start, bytes, n, ACCESS_READ));
    kvfree(bytes);
    mm_put_user(mm);
}

static const struct {
    const char *name;
    text_maker make;
    text_taker take;
    struct inode *(*create)(u32 pid); /* for what is not a text */
} process_files[] = {
    {"maps", proc_make_maps, NULL, NULL},
    {"smaps", proc_make_smaps, NULL, NULL},
    {"smaps_rollup", proc_make_smaps_rollup, NULL, NULL},
    {"status", proc_make_status, NULL, NULL},
    {"stat", proc_make_stat, NULL, NULL},
    {"statm", proc_make_statm, NULL, NULL},
    {"limits", proc_make_limits, NULL, NULL},
    {"comm", make_comm, NULL, NULL},
    {"cmdline", make_cmdline, NULL, NULL},
    {"oom_score", proc_make_oom_score, NULL, NULL},
    {"oom_score_adj", proc_make_oom_score_adj, proc_take_oom_score_adj, NULL},
    {"mem", NULL, NULL, proc_mem_create},
    {"pagemap", NULL, NULL, proc_pagemap_create},
};

/* ---- links: exe, cwd, fd/N ---- */
enum link_kind { LINK_EXE = 0x10000000, LINK_CWD = 0x20000000, LINK_FD = 0x30000000 };
#define LINK_KIND 0xf0000000u

static struct inode *fd_link_target(u32 fd)
{
    struct file *file = fd_get((int)fd);
    struct inode *inode = file ? file->inode : NULL;
    if (inode)
        inode_get(inode);
    file_put(file);
    return inode;
}

/* `data` holds kind and fd; links of other processes lead nowhere but for exe. */
static struct inode *link_follow(struct inode *link)
{
    u32 what = (u32)(uintptr_t)link->data;
    if ((what & LINK_KIND) == LINK_FD)
        return fd_link_target(what & ~LINK_KIND);
    if ((what & LINK_KIND) == LINK_CWD)
        return fs_context_cwd(thread_current()->fs);
    struct snapshot s;
    snapshot_take((s32)(what & ~LINK_KIND), &s);
    struct inode *exe = s.exe;
    if (exe)
        inode_get(exe);
    snapshot_put(&s);
    return exe;
}

static int link_read(struct inode *link, char *buf, size_t size)
{
    struct inode *target = link_follow(link);
    if (!target)
        return -ENOENT;
    char *path = kmalloc(PATH_MAX, GFP_KERNEL);
    int n = path ? inode_path(target, path, PATH_MAX) : -ENOMEM;
    if (n == -ENOENT) {
        const char *kind = inode_type(target) == S_IFIFO ? "pipe" : "anon";
        n = inode_type(target) == S_IFREG && target->target
                ? fmt_snprintf(path, PATH_MAX, "/%s (deleted)", target->target) /* memfd_create() */
                : fmt_snprintf(path, PATH_MAX, "%s:[%u]", kind, target->ino);
    }
    if (n > 0) {
        n = MIN(n, (int)size);
        memcpy(buf, path, (size_t)n);
    }
    kfree(path);
    inode_put(target);
    return n;
}
static const struct inode_ops link_ops = {.follow = link_follow, .readlink = link_read};

static struct inode *link_create(u32 what)
{
    struct inode *inode = inode_create(S_IFLNK | 0777, NULL, &link_ops);
    if (inode)
        inode->data = (void *)(uintptr_t)what;
    return inode;
}

/* ---- directories ---- */
/* What a look-up made, or the reason why it could not. */
static struct inode *made(struct inode *inode, int *error)
{
    if (!inode)
        *error = -ENOMEM;
    return inode;
}

static struct inode *fd_dir_lookup(struct inode *dir, const char *name, int *error)
{
    u32 fd;
    if (!parse_u32(name, &fd) || fd >= FD_MAX || fd_close_on_exec((int)fd, -1) < 0)
        return NULL;
    return made(link_create(LINK_FD | fd), error);
}

static void fd_dir_list(struct inode *dir, struct dir_reader *reader)
{
    char name[12];
    for (int fd = fd_next(thread_current()->files, 0); fd >= 0 && !reader->full;
         fd = fd_next(thread_current()->files, fd + 1)) {
        fmt_snprintf(name, sizeof(name), "%d", fd);
        dir_reader_add(reader, (u32)fd, name, dir->ino + 1 + (u32)fd, S_IFLNK);
    }
}
static const struct inode_ops fd_dir_ops = {.lookup = fd_dir_lookup, .list = fd_dir_list};

static struct inode *process_dir_lookup(struct inode *dir, const char *name, int *error)
{
    u32 pid = (u32)(uintptr_t)dir->data;
    for (u32 i = 0; i < ARRAY_SIZE(process_files); i++)
        if (!strcmp(name, process_files[i].name))
            return made(process_files[i].create
                            ? process_files[i].create(pid)
                            : generated_create(process_files[i].make, process_files[i].take, pid),
                        error);
    bool own = (s32)pid == process_current()->pid;
    if (!strcmp(name, "exe"))
        return made(link_create(LINK_EXE | pid), error);
    if (own && !strcmp(name, "cwd"))
        return made(link_create(LINK_CWD), error);
    return own && !strcmp(name, "fd") ? made(inode_create(S_IFDIR | 0500, NULL, &fd_dir_ops), error) : NULL;
}

static void process_dir_list(struct inode *dir, struct dir_reader *reader)
{
    u32 n = ARRAY_SIZE(process_files);
    for (u32 i = 0; i < n; i++)
        dir_reader_add(reader, i, process_files[i].name, dir->ino + 1 + i, S_IFREG);
    dir_reader_add(reader, n, "exe", dir->ino + 1 + n, S_IFLNK);
    if ((s32)(uintptr_t)dir->data == process_current()->pid)
        dir_reader_add(reader, n + 1, "fd", dir->ino + 2 + n, S_IFDIR);
}
static const struct inode_ops process_dir_ops = {.lookup = process_dir_lookup, .list = process_dir_list};

struct inode *proc_process_dir(int pid, int *error)
{
    mutex_lock(&process_lock);
    bool found = process_find(pid) != NULL;
    mutex_unlock(&process_lock);
    struct inode *dir = found ? made(inode_create(S_IFDIR | 0555, NULL, &process_dir_ops), error) : NULL;
    if (dir)
        dir->data = (void *)(uintptr_t)pid;
    return dir;
}
