/*
 * The name tree. One rwsem guards every directory: look-ups share it for one component, changes own it. A
 * rename is therefore atomic to everybody, and a walk that meets one sees the tree before or after it, never
 * between.
 */
#include "fs/dir.h"
#include "diag/assert.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

static struct dentry *dentry_find(struct inode *dir, const char *name, struct rbnode **parent, bool *left)
{
    rwsem_assert_held(&fs_tree_lock);
    struct rbnode *node = dir->dir.names.root;
    *parent = NULL;
    while (node) {
        struct dentry *d = rb_entry(node, struct dentry, node);
        int order = strcmp(name, d->name);
        if (order == 0)
            return d;
        *parent = node;
        *left = order < 0;
        node = *left ? node->left : node->right;
    }
    return NULL;
}

static struct dentry *dentry_lookup(struct inode *dir, const char *name)
{
    struct rbnode *parent;
    bool left;
    return dentry_find(dir, name, &parent, &left);
}

struct inode *dir_find(struct inode *dir, const char *name, int *error)
{
    assert(inode_is_dir(dir));
    rwsem_read_lock(&fs_tree_lock);
    struct dentry *d = dentry_lookup(dir, name);
    struct inode *inode = d ? d->inode : NULL;
    if (inode)
        inode_get(inode);
    rwsem_read_unlock(&fs_tree_lock);
    /* The maker of entries may take locks outside ours (the process tree), so it is asked with nothing held.
     */
    *error = inode ? 0 : -ENOENT;
    if (!inode && dir->ops && dir->ops->lookup)
        inode = dir->ops->lookup(dir, name, error);
    return inode;
}

struct inode *dir_parent(struct inode *dir)
{
    rwsem_read_lock(&fs_tree_lock);
    struct inode *parent = dir->dir.parent ? dir->dir.parent : fs_root;
    inode_get(parent);
    rwsem_read_unlock(&fs_tree_lock);
    return parent;
}

static struct dentry *dentry_create(const char *name)
{
    struct dentry *d = fs_alloc(sizeof(*d) + strlen(name) + 1);
    if (d)
        string_copy(d->name, name, strlen(name) + 1);
    return d;
}

/* Puts a fresh dentry into place; the caller checked that the name is free. */
static void dentry_attach(struct inode *dir, struct dentry *d, struct inode *inode) must_hold(&fs_tree_lock)
{
    struct rbnode *parent;
    bool left = false;
    struct dentry *other = dentry_find(dir, d->name, &parent, &left);
    assert(!other);
    d->inode = inode;
    d->parent = dir;
    d->cookie = dir->dir.next_cookie++;
    rb_insert(&dir->dir.names, &d->node, parent, left);
    list_push_back(&dir->dir.order, &d->order);
    inode->dentry = d;
    inode->nlink++;
    inode->nameless = false;
    if (inode_is_dir(inode)) {
        inode->dir.parent = dir;
        inode->nlink++;
        dir->nlink++;
    }
    dir->mtime = dir->ctime = fs_now();
}

/* Takes it out and frees it; the inode's reference passes to the caller, who puts it after unlocking. */
static struct inode *dentry_detach(struct dentry *d) must_hold(&fs_tree_lock)
{
    struct inode *inode = d->inode, *dir = d->parent;
    assert(inode->nlink > 0);
    rb_remove(&dir->dir.names, &d->node);
    list_remove(&d->order);
    if (inode->dentry == d)
        inode->dentry = NULL;
    inode->nlink--;
    inode->nameless = inode->nlink == 0;
    if (inode_is_dir(inode)) {
        inode->nlink--;
        dir->nlink--;
        inode->dir.parent = NULL;
    }
    inode->ctime = dir->mtime = dir->ctime = fs_now();
    kfree(d);
    return inode;
}

/* A removed directory takes no new names: its parent is gone. */
static bool dir_is_alive(const struct inode *dir)
{
    return dir->dir.parent != NULL;
}

int dir_link(struct inode *dir, const char *name, struct inode *inode)
{
    if (strlen(name) > NAME_MAX)
        return -ENAMETOOLONG;
    struct dentry *d = dentry_create(name);
    if (!d)
        return -ENOMEM;
    int error = 0;
    rwsem_write_lock(&fs_tree_lock);
    if (!dir_is_alive(dir) || inode->nameless)
        error = -ENOENT;
    else if (dentry_lookup(dir, name))
        error = -EEXIST;
    else
        dentry_attach(dir, d, inode);
    if (!error)
        inode_get(inode);
    rwsem_write_unlock(&fs_tree_lock);
    if (error)
        kfree(d);
    return error;
}

static int removal_error(const struct dentry *d, bool want_dir)
{
    if (!d)
        return -ENOENT;
    bool is_dir = inode_is_dir(d->inode);
    if (want_dir && !is_dir)
        return -ENOTDIR;
    if (!want_dir && is_dir)
        return -EISDIR;
    return is_dir && !list_is_empty(&d->inode->dir.order) ? -ENOTEMPTY : 0;
}

int dir_unlink(struct inode *dir, const char *name, bool want_dir)
{
    struct inode *gone = NULL;
    rwsem_write_lock(&fs_tree_lock);
    struct dentry *d = dentry_lookup(dir, name);
    int error = removal_error(d, want_dir);
    if (!error)
        gone = dentry_detach(d);
    rwsem_write_unlock(&fs_tree_lock);
    inode_put(gone);
    return error;
}

/* True when `dir` is `top` or lies below it: moving top there would cut the tree. */
static bool dir_is_below(const struct inode *dir, const struct inode *top)
{
    for (; dir && dir != fs_root; dir = dir->dir.parent)
        if (dir == top)
            return true;
    return top == fs_root;
}

static int rename_error(struct dentry *source, struct dentry *victim, struct inode *to, bool no_replace)
{
    if (!source || !dir_is_alive(to))
        return -ENOENT;
    bool moves_dir = inode_is_dir(source->inode);
    if (moves_dir && dir_is_below(to, source->inode))
        return -EINVAL;
    if (!victim)
        return 0;
    return no_replace ? -EEXIST : removal_error(victim, moves_dir);
}

int dir_rename(struct inode *from, const char *from_name, struct inode *to, const char *to_name,
               bool no_replace)
{
    if (strlen(to_name) > NAME_MAX)
        return -ENAMETOOLONG;
    struct dentry *fresh = dentry_create(to_name);
    if (!fresh)
        return -ENOMEM;
    struct inode *replaced = NULL;
    rwsem_write_lock(&fs_tree_lock);
    struct dentry *source = dentry_lookup(from, from_name), *victim = dentry_lookup(to, to_name);
    int error = rename_error(source, victim, to, no_replace);
    bool same =
        !error && victim && victim->inode == source->inode; /* two names of one file: nothing happens */
    if (!error && !same) {
        if (victim)
            replaced = dentry_detach(victim);
        dentry_attach(to, fresh, dentry_detach(source));
        fresh = NULL;
    }
    rwsem_write_unlock(&fs_tree_lock);
    kfree(fresh);
    inode_put(replaced);
    return error;
}

/* Writes the path backwards from the end of buf; the start's offset, or -errno. */
static int path_backwards(struct inode *inode, char *buf, size_t size)
{
    size_t at = size - 1;
    buf[at] = '\0';
    if (inode == fs_root)
        buf[--at] = '/';
    while (inode != fs_root) {
        const struct dentry *d = inode->dentry;
        if (!d)
            return -ENOENT;
        size_t n = strlen(d->name);
        if (at < n + 1)
            return -ERANGE;
        at -= n;
        memcpy(buf + at, d->name, n);
        buf[--at] = '/';
        inode = d->parent;
    }
    return (int)at;
}

int inode_path(struct inode *inode, char *buf, size_t size)
{
    if (size < 2)
        return -ERANGE;
    rwsem_read_lock(&fs_tree_lock);
    int start = path_backwards(inode, buf, size);
    rwsem_read_unlock(&fs_tree_lock);
    if (start < 0)
        return start;
    memmove(buf, buf + start, size - (size_t)start);
    return (int)(size - 1 - (size_t)start);
}
