/* /proc itself: "self", the numbers of processes, and the machine's files. */
#include "fs/dir.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/proc/files.h"
#include "sys/process/process.h"

#define PIDS_MAX 512u

static int self_read(struct inode *link, char *buf, size_t size)
{
    char text[12];
    int n = fmt_snprintf(text, sizeof(text), "%d", process_current()->pid);
    n = MIN(n, (int)size);
    memcpy(buf, text, (size_t)n);
    return n;
}
static const struct inode_ops self_ops = {.readlink = self_read};

static struct inode *root_lookup(struct inode *dir, const char *name, int *error)
{
    u32 pid;
    return *name >= '1' && *name <= '9' && parse_u32(name, &pid) ? proc_process_dir((s32)pid, error) : NULL;
}

struct pids {
    u32 n;
    s32 pid[PIDS_MAX];
};
static void note_pid(struct process *process, void *arg)
{
    struct pids *p = arg;
    if (p->n < PIDS_MAX)
        p->pid[p->n++] = process->pid;
}

/* A position is the process's number, so that a reader goes on at the right place while processes come and
 * go. */
static void root_list(struct inode *dir, struct dir_reader *reader)
{
    struct pids *p = fs_alloc(sizeof(*p));
    if (!p)
        return;
    mutex_lock(&process_lock);
    process_for_each(note_pid, p);
    mutex_unlock(&process_lock);
    for (u32 i = 0; i < p->n && !reader->full; i++) {
        char name[12];
        u32 lowest = i;
        for (u32 j = i + 1; j < p->n; j++)
            if (p->pid[j] < p->pid[lowest])
                lowest = j;
        s32 pid = p->pid[lowest];
        p->pid[lowest] = p->pid[i];
        fmt_snprintf(name, sizeof(name), "%d", pid);
        dir_reader_add(reader, (u32)pid, name, 0x10000u + (u32)pid, S_IFDIR);
    }
    kfree(p);
}
static const struct inode_ops root_ops = {.lookup = root_lookup, .list = root_list};

static int add_self(struct inode *proc)
{
    struct inode *self = inode_create(S_IFLNK | 0777, NULL, &self_ops);
    int error = self ? dir_link(proc, "self", self) : -ENOMEM;
    inode_put(self);
    return error;
}

int proc_init(void)
{
    struct inode *proc = inode_create(S_IFDIR | 0555, NULL, &root_ops);
    if (!proc)
        return -ENOMEM;
    int error = dir_unlink(fs_root, "proc", true); /* the archive's own empty directory gives way */
    error = error && error != -ENOENT ? error : dir_link(fs_root, "proc", proc);
    if (!error)
        error = add_self(proc);
    if (!error)
        error = proc_machine_init(proc);
    if (!error)
        error = proc_tunables_init(proc);
    if (!error)
        error = proc_failures_init(proc);
    inode_put(proc);
    return error;
}
