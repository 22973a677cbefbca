/*
 * The path walk. The rest of the path lives in one heap buffer; a link's text is put in front of it, so links
 * nest without recursion and a loop is a count.
 */
#include "fs/path.h"
#include "diag/assert.h"
#include "fs/dir.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

#define LINKS_MAX  40
#define BUFFER_MAX (2 * PATH_MAX)

struct walk {
    struct inode *at;    /* where we are, referenced */
    struct inode *above; /* the directory in which `at` was found, referenced */
    char *rest;          /* what is still to be walked */
    char *name;          /* the component at hand */
    unsigned links;
    bool slash; /* a slash followed the component at hand */
};

int inode_readlink(struct inode *link, char *buf, size_t size)
{
    if (inode_type(link) != S_IFLNK)
        return -EINVAL;
    if (link->ops && link->ops->readlink)
        return link->ops->readlink(link, buf, size);
    assert(link->target);
    size_t n = MIN(strlen(link->target), size);
    memcpy(buf, link->target, n);
    return (int)n;
}

/* Cuts the next component off w->rest; false at the end. */
static bool next_component(struct walk *w)
{
    while (*w->rest == '/')
        w->rest++;
    if (!*w->rest)
        return false;
    w->name = w->rest;
    while (*w->rest && *w->rest != '/')
        w->rest++;
    w->slash = *w->rest == '/';
    if (w->slash)
        *w->rest++ = '\0';
    return true;
}

static bool only_slashes(const char *s)
{
    while (*s == '/')
        s++;
    return !*s;
}

static void step_to(struct walk *w, struct inode *above, struct inode *at)
{
    inode_put(w->above);
    w->above = above;
    w->at = at;
}

/* Puts the link's text before the rest of the path. The buffer's tail keeps the rest. */
static int expand_link(struct walk *w, char *buffer, struct inode *link)
{
    size_t rest = strlen(w->rest) + 1;
    if (++w->links > LINKS_MAX)
        return -ELOOP;
    char *text = kmalloc(PATH_MAX, GFP_KERNEL);
    if (!text)
        return -ENOMEM;
    int n = inode_readlink(link, text, PATH_MAX - 1);
    if (n == 0)
        n = -ENOENT;
    if (n > 0 && (size_t)n + 1 + rest > BUFFER_MAX)
        n = -ENAMETOOLONG;
    if (n > 0) {
        bool slash = w->slash;
        memmove(buffer + n + slash, w->rest, rest);
        memcpy(buffer, text, (size_t)n);
        if (slash)
            buffer[n] = '/';
        w->rest = buffer;
    }
    kfree(text);
    return n < 0 ? n : 0;
}

/* Follows `link`, found in w->at (which is kept as the start of a relative text). */
static int follow(struct walk *w, char *buffer, struct inode *link)
{
    struct inode *target = link->ops && link->ops->follow ? link->ops->follow(link) : NULL;
    if (target) {
        struct inode *above = w->at;
        inode_put(link);
        step_to(w, above, target);
        return 0;
    }
    int error = expand_link(w, buffer, link);
    inode_put(link);
    if (!error && *w->rest == '/') {
        inode_put(w->at);
        inode_get(fs_root);
        w->at = fs_root;
    }
    return error;
}

/* One component. 1: it was the last and is absent (w->at is its directory). */
static int walk_one(struct walk *w, char *buffer, unsigned flags)
{
    bool last = only_slashes(w->rest);
    if (!inode_is_dir(w->at))
        return -ENOTDIR;
    if (strlen(w->name) > NAME_MAX)
        return -ENAMETOOLONG;
    if (!strcmp(w->name, "."))
        return 0;
    if (!strcmp(w->name, "..")) {
        struct inode *up = dir_parent(w->at);
        inode_put(w->at);
        w->at = up;
        return 0;
    }
    int error;
    struct inode *child = dir_find(w->at, w->name, &error);
    if (!child)
        return last && error == -ENOENT ? 1 : error;
    if (inode_type(child) == S_IFLNK && (!last || (flags & PATH_FOLLOW) || w->slash))
        return follow(w, buffer, child);
    step_to(w, w->at, child);
    return 0;
}

static int walk_all(struct walk *w, char *buffer, unsigned flags, bool *absent)
{
    while (next_component(w)) {
        struct inode *before = w->at;
        int result = walk_one(w, buffer, flags);
        if (result < 0)
            return result;
        if (result == 1) {
            *absent = true;
            return 0;
        }
        if (w->at == before || !strcmp(w->name, ".."))
            w->name = NULL; /* ".", ".." or a link just expanded: no name to create under */
    }
    return 0;
}

int path_walk(struct inode *base, const char *name, unsigned flags, struct path *path)
{
    if (!*name)
        return -ENOENT;
    if (strlen(name) >= PATH_MAX)
        return -ENAMETOOLONG;
    char *buffer = kmalloc(BUFFER_MAX, GFP_KERNEL);
    if (!buffer)
        return -ENOMEM;
    string_copy(buffer, name, BUFFER_MAX);
    struct walk w = {.at = *name == '/' ? fs_root : base, .rest = buffer};
    inode_get(w.at);
    bool absent = false;
    int error = walk_all(&w, buffer, flags, &absent);
    if (!error && absent && !(flags & PATH_MAY_LACK))
        error = -ENOENT;
    if (!error && !absent && w.slash && w.name && !inode_is_dir(w.at))
        error = -ENOTDIR;
    *path = (struct path){.buffer = buffer, .last = w.name ? w.name : "", .must_be_dir = w.slash};
    path->dir = absent ? w.at : w.above;
    path->inode = absent ? NULL : w.at;
    if (absent)
        inode_put(w.above);
    if (error) {
        path_put(path);
        return error;
    }
    if (!path->dir) { /* "/" or "." alone: it stands in itself */
        inode_get(path->inode);
        path->dir = path->inode;
    }
    return 0;
}

void path_put(struct path *path)
{
    inode_put(path->dir);
    inode_put(path->inode);
    kfree(path->buffer);
    path->buffer = NULL;
}

struct inode *path_inode(struct inode *base, const char *name, unsigned flags, int *error)
{
    struct path path;
    *error = path_walk(base, name, flags, &path);
    if (*error)
        return NULL;
    struct inode *inode = path.inode;
    inode_get(inode);
    path_put(&path);
    return inode;
}
