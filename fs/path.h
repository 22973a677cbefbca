/* From a path to an inode, by references alone: no lock is held between two components. */
#pragma once
#include "fs/inode.h"

enum path_flags {
    PATH_FOLLOW = 1,   /* follow a link in the last component */
    PATH_MAY_LACK = 2, /* the last component may be absent: success with inode NULL */
};
struct path {
    struct inode *dir;   /* referenced; holds `last` */
    struct inode *inode; /* referenced; NULL only with PATH_MAY_LACK */
    char *last;          /* last component, "" when the path ends in ".", ".." or is "/" */
    bool must_be_dir;    /* the path ended in a slash */
    char *buffer;
};
/* `base` is where a relative path starts. 0, or -ENOENT -ENOTDIR -ELOOP -ENAMETOOLONG -ENOMEM with nothing
 * held. Give it back with path_put(). Sleeps. */
must_check int path_walk(struct inode *base, const char *name, unsigned flags, struct path *path);
void path_put(struct path *path);
/* The inode alone, referenced; NULL with *error set. */
struct inode *path_inode(struct inode *base, const char *name, unsigned flags, int *error);
/* The link's text, at most size bytes, no NUL; its length or -errno. */
int inode_readlink(struct inode *link, char *buf, size_t size);
