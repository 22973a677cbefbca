/* From archive entries to files. Directories that the archive forgot to list are made on the way. */
#include "fs/initramfs.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "fs/cpio.h"
#include "fs/dir.h"
#include "fs/path.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

#define NAME_SHOWN 60 /* of a name in a sentence */

/* Hard links: newc repeats the inode number; only the last entry of a group carries the data. */
struct linked {
    struct list link;
    u32 ino;
    struct inode *inode; /* referenced */
};

struct unpacker {
    struct list links;
    u32 entries;
};

/* Makes each missing directory of the path's leading part. `name` is writable and restored. */
static int make_parents(char *name)
{
    for (char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        struct path path = {0};
        *slash = '\0';
        int error = path_walk(fs_root, name, PATH_FOLLOW | PATH_MAY_LACK, &path);
        if (!error && !path.inode) {
            struct inode *dir = tmpfs_create(S_IFDIR | 0755);
            error = dir ? dir_link(path.dir, path.last, dir) : -ENOMEM;
            inode_put(dir);
        }
        if (path.buffer)
            path_put(&path);
        *slash = '/';
        if (error)
            return error;
    }
    return 0;
}

static struct linked *find_link(struct unpacker *u, u32 ino)
{
    struct linked *l;
    list_for_each (l, &u->links, link) {
        if (l->ino == ino)
            return l;
    }
    return NULL;
}

static struct inode *create_linked(struct unpacker *u, const struct cpio_entry *e)
{
    struct linked *l = find_link(u, e->ino);
    if (l) {
        inode_get(l->inode);
        return l->inode;
    }
    l = fs_alloc(sizeof(*l));
    struct inode *inode = l ? tmpfs_create(e->mode) : NULL;
    if (!inode) {
        kfree(l);
        return NULL;
    }
    inode_get(inode);
    l->ino = e->ino;
    l->inode = inode;
    list_push_back(&u->links, &l->link);
    return inode;
}

static struct inode *create_entry(struct unpacker *u, const struct cpio_entry *e)
{
    switch (e->mode & S_IFMT) {
    case S_IFREG:
        return e->nlink > 1 ? create_linked(u, e) : tmpfs_create(e->mode);
    case S_IFDIR:
        return tmpfs_create(e->mode);
    case S_IFLNK:
        return tmpfs_create_link((const char *)e->data, e->size);
    case S_IFIFO:
        return inode_create(e->mode, &pipe_file_ops, NULL);
    default: /* device nodes: /dev is ours (fs/devices.c) */
        return inode_create(S_IFCHR | (e->mode & S_PERM), NULL, NULL);
    }
}

/* A name that exists already is replaced, unless both are directories. */
static int link_entry(struct inode *dir, const char *last, struct inode *inode)
{
    int error = dir_link(dir, last, inode);
    if (error != -EEXIST)
        return error;
    error = dir_unlink(dir, last, false);
    if (error == -EISDIR)
        return inode_is_dir(inode) ? 0 : error;
    return error ? error : dir_link(dir, last, inode);
}

/* What no file can be made of. */
static int entry_error(const struct cpio_entry *e)
{
    if ((e->mode & S_IFMT) != S_IFLNK)
        return 0;
    return e->size == 0 ? -ENOENT : e->size >= PATH_MAX ? -ENAMETOOLONG : 0; /* symlink(2) */
}

static int unpack_entry(struct unpacker *u, const struct cpio_entry *e, char *name)
{
    struct path path;
    int error = entry_error(e);
    if (!error)
        error = make_parents(name);
    if (!error)
        error = path_walk(fs_root, name, PATH_MAY_LACK, &path);
    if (error || !*path.last) { /* "." or "/": the root is there */
        if (!error)
            path_put(&path);
        return error;
    }
    struct inode *inode = create_entry(u, e);
    error = inode ? 0 : -ENOMEM;
    if (!error && inode_type(inode) == S_IFREG && e->size)
        error = tmpfs_write_kernel(inode, e->data, e->size, 0);
    if (!error) {
        inode->uid = e->uid;
        inode->gid = e->gid;
        inode->mtime = (u64)e->mtime * 1000000000ull;
        error = link_entry(path.dir, path.last, inode);
    }
    inode_put(inode);
    path_put(&path);
    return error;
}

static int unpack_all(struct unpacker *u, const u8 *archive, size_t bytes, char *name)
{
    size_t offset = 0, start;
    struct cpio_entry e;
    const char *why;
    for (;;) {
        start = offset;
        enum cpio_result result = cpio_next(archive, bytes, &offset, &e, &why);
        if (result == CPIO_DAMAGED) {
            printk("The initramfs is damaged at byte %zu of %zu: %s.\n", offset, bytes, why);
            return -EINVAL;
        }
        if (result == CPIO_END || !strcmp(e.name, "TRAILER!!!"))
            break;
        name[0] = '/';
        string_copy(name + 1, e.name, PATH_MAX);
        int error = unpack_entry(u, &e, name);
        if (error) {
            printk("The initramfs entry \"%.*s%s\" at byte %zu cannot be made: %s.\n", NAME_SHOWN, e.name,
                   strlen(e.name) > NAME_SHOWN ? "..." : "", start, errno_text(error));
            return error;
        }
        u->entries++;
    }
    return 0;
}

int initramfs_unpack(const void *data, size_t bytes)
{
    if (!fs_root)
        fs_init();
    struct unpacker u = {.links = LIST_INIT(u.links)};
    char *name = kmalloc(PATH_MAX + 1, GFP_KERNEL);
    if (!name)
        return -ENOMEM;
    int error = unpack_all(&u, data, bytes, name);
    if (!error && !u.entries) {
        printk("The initramfs is empty (%zu bytes without an entry).\n", bytes);
        error = -EINVAL;
    }
    struct linked *l, *next;
    list_for_each_safe (l, next, &u.links, link) {
        inode_put(l->inode);
        kfree(l);
    }
    kfree(name);
    return error;
}
