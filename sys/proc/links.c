/* Links in /proc/PID that lead to inodes rather than to names: exe, cwd, root, fd/N. */
#include "fs/dir.h"
#include "fs/path.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/proc/snapshot.h"

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
    if ((what & LINK_KIND) == LINK_ROOT) {
        inode_get(fs_root);
        return fs_root;
    }
    struct snapshot s;
    snapshot_take(what & ~LINK_KIND, &s);
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

struct inode *proc_link_create(u32 what)
{
    struct inode *inode = inode_create(S_IFLNK | 0777, NULL, &link_ops);
    if (inode) {
        inode->data = (void *)(uintptr_t)what;
        inode->nlink = 1;
    }
    return inode;
}

static struct inode *fd_dir_lookup(struct inode *dir, const char *name, int *error)
{
    u32 fd;
    if (!parse_u32(name, &fd) || fd >= FD_MAX || fd_close_on_exec((int)fd, -1) < 0)
        return NULL;
    struct inode *link = proc_link_create(LINK_FD | fd);
    *error = link ? *error : -ENOMEM;
    return link;
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

struct inode *proc_fd_dir_create(void)
{
    return inode_create(S_IFDIR | 0500, NULL, &fd_dir_ops);
}
