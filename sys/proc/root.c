/* /proc itself: the numbers of processes, what leads to one's own, and the machine's files. */
#include "fs/dir.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sys/proc/files.h"
#include "sys/proc/snapshot.h"

static int print_link(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
static int print_link(char *buf, size_t size, const char *fmt, ...)
{
    char text[40];
    va_list args;
    va_start(args, fmt);
    int n = fmt_vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    n = MIN(n, (int)size);
    memcpy(buf, text, (size_t)n);
    return n;
}

static int self_read(struct inode *link, char *buf, size_t size)
{
    return print_link(buf, size, "%d", process_current()->pid);
}
static int thread_self_read(struct inode *link, char *buf, size_t size)
{
    return print_link(buf, size, "%d/task/%d", process_current()->pid, current->pid);
}
static int mounts_read(struct inode *link, char *buf, size_t size)
{
    return print_link(buf, size, "self/mounts");
}
static const struct {
    const char *name;
    struct inode_ops ops;
} links[] = {{"self", {.readlink = self_read}},
             {"thread-self", {.readlink = thread_self_read}},
             {"mounts", {.readlink = mounts_read}}};

static struct inode *root_lookup(struct inode *dir, const char *name, int *error)
{
    u32 pid;
    return *name >= '1' && *name <= '9' && parse_u32(name, &pid) && pid < ONE_THREAD
               ? proc_process_dir(pid, error)
               : NULL;
}

struct search {
    s32 after, next;
};
static void compare(struct process *process, void *arg)
{
    struct search *s = arg;
    if (process->pid > s->after && (!s->next || process->pid < s->next))
        s->next = process->pid;
}
static s32 next_process(s32 after, s32 unused)
{
    struct search s = {.after = after};
    mutex_lock(&process_lock);
    process_for_each(compare, &s);
    mutex_unlock(&process_lock);
    return s.next;
}

void proc_list_numbers(struct dir_reader *reader, s32 (*next)(s32 after, s32 arg), s32 arg)
{
    char name[12];
    for (s32 n = next(dir_reader_index(reader) - 1, arg); n && !reader->full; n = next(n, arg)) {
        fmt_snprintf(name, sizeof(name), "%d", n);
        dir_reader_add(reader, (u32)n, name, 0x10000u + (u32)n, S_IFDIR);
    }
}

static void root_list(struct inode *dir, struct dir_reader *reader)
{
    proc_list_numbers(reader, next_process, 0);
}
static const struct inode_ops root_ops = {.lookup = root_lookup, .list = root_list};

static int add_links(struct inode *proc)
{
    int error = 0;
    for (u32 i = 0; i < ARRAY_SIZE(links) && !error; i++) {
        struct inode *link = inode_create(S_IFLNK | 0777, NULL, &links[i].ops);
        error = link ? dir_link(proc, links[i].name, link) : -ENOMEM;
        inode_put(link);
    }
    return error;
}

/* What the archive has at /proc is covered, as by a mount: it stays, and nobody reaches it. */
static int cover(void)
{
    int error = dir_unlink(fs_root, "proc", true); /* an empty directory just gives way */
    if (!error || error == -ENOENT)
        return 0;
    struct inode *below = tmpfs_create(S_IFDIR);
    if (!below)
        return -ENOMEM;
    below->dir.parent = fs_root; /* alive, though it has no name */
    return dir_rename(fs_root, "proc", below, "proc", true);
}

int proc_init(void)
{
    struct inode *proc = inode_create(S_IFDIR | 0555, NULL, &root_ops);
    if (!proc)
        return -ENOMEM;
    int error = cover();
    if (!error)
        error = dir_link(fs_root, "proc", proc);
    if (!error)
        error = add_links(proc);
    if (!error)
        error = proc_machine_init(proc);
    if (!error)
        error = proc_processors_init(proc);
    if (!error)
        error = proc_tunables_init(proc);
    if (!error)
        error = proc_failures_init(proc);
    inode_put(proc);
    return error;
}
