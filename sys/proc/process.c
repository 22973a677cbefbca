/*
 * /proc/PID: directories and files that are made when they are looked up and forgotten when closed. A file
 * knows its process by number alone and finds it again under process_lock; what needs its memory takes a user
 * of the space.
 */
#include "sys/process/process.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/dir.h"
#include "fs/generated.h"
#include "fs/page_io.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "mm/space/vma.h"
#include "sys/file/fd_table.h"
#include "sys/proc/files.h"

/* What the lists of /proc need of a process, copied while it cannot go away. */
struct snapshot {
    s32 pid, parent, group, session;
    char comm[16], state;
    u32 threads;
    u64 start_ns, cpu_ns, blocked, pending;
    struct mm *mm;     /* a user, or NULL (zombie, kernel) */
    struct inode *exe; /* referenced, or NULL */
};

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

/* Takes a user of the space, unless it is being torn down or has been let go of. */
static struct mm *mm_of_task(struct task *task)
{
    struct mm *mm = task ? READ_ONCE(task->mm) : NULL;
    return mm && atomic_inc_unless_zero(&mm->users) ? mm : NULL;
}

static bool snapshot_take(s32 pid, struct snapshot *s)
{
    memset(s, 0, sizeof(*s));
    mutex_lock(&process_lock);
    struct process *p = process_find(pid);
    if (p) {
        struct thread *first = list_first(&p->threads, struct thread, link);
        struct task *task = first ? first->task : NULL;
        *s = (struct snapshot){.pid = pid,
                               .parent = p->parent_pid,
                               .group = p->group,
                               .session = p->session,
                               .threads = p->live,
                               .start_ns = p->start_ns,
                               .state = state_letter(p, task),
                               .pending = p->pending.set,
                               .exe = p->exe};
        if (task) {
            memcpy(s->comm, task->comm, sizeof(s->comm));
            s->cpu_ns = task->sum_exec;
            s->blocked = first->blocked;
            /* Own memory is stable; another's only while its thread has not left, which (P) does not promise:
             */
            s->mm = task == current ? mm_of_task(task) : NULL;
        }
        if (s->exe)
            inode_get(s->exe);
    }
    mutex_unlock(&process_lock);
    return p != NULL;
}

static void snapshot_put(struct snapshot *s)
{
    if (s->mm)
        mm_put_user(s->mm);
    inode_put(s->exe);
}

/* ---- maps ---- */
struct region {
    vaddr_t start, end;
    u32 flags, pgoff;
    struct inode *inode; /* referenced, or NULL */
    const char *name;
};
struct regions {
    struct region *at;
    u32 count, room;
};

static void copy_region(void *ctx, const struct vma *vma)
{
    struct regions *r = ctx;
    if (r->count == r->room)
        return;
    struct inode *inode = vma->mapping ? vma->mapping->host : NULL;
    if (inode && (!vma->mapping->ops || vma->name))
        inode = NULL; /* the kernel's own (shared anonymous) memory has no inode to show */
    if (inode)
        inode_get(inode);
    r->at[r->count++] = (struct region){vma->start, vma->end, vma->flags, vma->pgoff, inode, vma->name};
}

static void print_region(struct text *t, const struct region *r, char *path)
{
    int n = 0;
    if (r->inode) {
        n = inode_path(r->inode, path, PATH_MAX);
        if (n < 0)
            string_copy(path, "/ (deleted)", PATH_MAX);
    } else {
        string_copy(path, r->name ? r->name : "", PATH_MAX);
    }
    text_print(t, "%08x-%08x %c%c%c%c %08x 00:%02x %-10u %s%s\n", r->start, r->end,
               r->flags & VM_READ ? 'r' : '-', r->flags & VM_WRITE ? 'w' : '-',
               r->flags & VM_EXEC ? 'x' : '-', r->flags & VM_SHARED ? 's' : 'p',
               r->inode ? r->pgoff << PAGE_SHIFT : 0, r->inode ? 1 : 0, r->inode ? r->inode->ino : 0,
               *path ? "               " : "", path);
}

static void print_regions(struct text *t, struct mm *mm, bool long_form)
{
    struct regions r = {.room = mm->vma_count + 64};
    char *path = kmalloc(PATH_MAX, GFP_KERNEL);
    r.at = kmalloc(r.room * sizeof(*r.at), GFP_KERNEL);
    if (!path || !r.at)
        t->failed = true;
    else
        mm_maps_report(mm, copy_region, &r);
    for (u32 i = 0; i < r.count; i++) {
        print_region(t, &r.at[i], path);
        u32 kb = (r.at[i].end - r.at[i].start) / 1024u;
        if (long_form)
            text_print(t, "Size:           %8u kB\nKernelPageSize: %8u kB\nMMUPageSize:    %8u kB\n", kb, 4,
                       4);
        inode_put(r.at[i].inode);
    }
    kfree(r.at);
    kfree(path);
}

static void make_maps(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s) && s.mm)
        print_regions(t, s.mm, false);
    snapshot_put(&s);
}
static void make_smaps(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s) && s.mm)
        print_regions(t, s.mm, true);
    snapshot_put(&s);
}

/* ---- numbers ---- */
static u32 mm_kb(const struct mm *mm)
{
    return mm ? mm->total_pages * 4 : 0;
}
static u32 rss_kb(struct mm *mm)
{
    return mm ? mm_resident(mm) * 4 : 0;
}

static void make_status(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s)) {
        text_print(
            t,
            "Name:\t%s\nState:\t%c\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
            s.comm, s.state, s.pid, s.pid, s.parent);
        text_print(
            t,
            "VmPeak:\t%8u kB\nVmSize:\t%8u kB\nVmLck:\t%8u kB\nVmHWM:\t%8u kB\nVmRSS:\t%8u kB\nThreads:\t%u\n",
            mm_kb(s.mm), mm_kb(s.mm), s.mm ? s.mm->locked_pages * 4 : 0, rss_kb(s.mm), rss_kb(s.mm),
            s.threads);
        text_print(t, "ShdPnd:\t%016llx\nSigBlk:\t%016llx\n", s.pending, s.blocked);
    }
    snapshot_put(&s);
}

static void make_stat(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s))
        text_print(
            t,
            "%d (%s) %c %d %d %d 0 -1 0 0 0 0 0 %u 0 0 0 20 0 %u 0 %u %u %u 4294967295 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
            s.pid, s.comm, s.state, s.parent, s.group, s.session, (u32)(s.cpu_ns / 10000000u), s.threads,
            (u32)(s.start_ns / 10000000u), mm_kb(s.mm) * 1024u, rss_kb(s.mm) / 4);
    snapshot_put(&s);
}

static void make_statm(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s))
        text_print(t, "%u %u 0 0 0 %u 0\n", mm_kb(s.mm) / 4, rss_kb(s.mm) / 4, mm_kb(s.mm) / 4);
    snapshot_put(&s);
}

static void make_comm(struct text *t, u32 pid)
{
    struct snapshot s;
    if (snapshot_take((s32)pid, &s))
        text_print(t, "%s\n", s.comm);
    snapshot_put(&s);
}

/* The arguments as they lie in the program's own memory now; another's memory shows its name only. */
static void make_cmdline(struct text *t, u32 pid)
{
    struct snapshot s;
    bool found = snapshot_take((s32)pid, &s);
    u32 n = s.mm == current->mm && s.mm ? MIN(s.mm->arg_end - s.mm->arg_start, PAGE_SIZE) : 0;
    char *bytes = n ? kmalloc(n, GFP_KERNEL) : NULL;
    if (bytes && !copy_from_user(bytes, s.mm->arg_start, n))
        text_append(t, bytes, n);
    else if (found)
        text_append(t, s.comm, strlen(s.comm) + 1);
    kfree(bytes);
    snapshot_put(&s);
}

static const struct {
    const char *name;
    text_maker make;
} process_files[] = {
    {"maps", make_maps},   {"smaps", make_smaps}, {"status", make_status},   {"stat", make_stat},
    {"statm", make_statm}, {"comm", make_comm},   {"cmdline", make_cmdline},
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
        n = fmt_snprintf(path, PATH_MAX, "%s:[%u]", kind, target->ino);
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
static struct inode *fd_dir_lookup(struct inode *dir, const char *name)
{
    u32 fd;
    if (!parse_u32(name, &fd) || fd >= FD_MAX || fd_close_on_exec((int)fd, -1) < 0)
        return NULL;
    return link_create(LINK_FD | fd);
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

static struct inode *process_dir_lookup(struct inode *dir, const char *name)
{
    u32 pid = (u32)(uintptr_t)dir->data;
    for (u32 i = 0; i < ARRAY_SIZE(process_files); i++)
        if (!strcmp(name, process_files[i].name))
            return generated_create(process_files[i].make, NULL, pid);
    bool own = (s32)pid == process_current()->pid;
    if (!strcmp(name, "exe"))
        return link_create(LINK_EXE | pid);
    if (own && !strcmp(name, "cwd"))
        return link_create(LINK_CWD);
    return own && !strcmp(name, "fd") ? inode_create(S_IFDIR | 0500, NULL, &fd_dir_ops) : NULL;
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

struct inode *proc_process_dir(int pid)
{
    mutex_lock(&process_lock);
    bool found = process_find(pid) != NULL;
    mutex_unlock(&process_lock);
    struct inode *dir = found ? inode_create(S_IFDIR | 0555, NULL, &process_dir_ops) : NULL;
    if (dir)
        dir->data = (void *)(uintptr_t)pid;
    return dir;
}
