/*
 * What a name stands for: a file, directory, link, pipe or device, and its pages.
 *
 * Key: (c) constant; (i) inode->lock; (n) fs_tree_lock; (a) atomic or READ_ONCE.
 *
 * Locks of this folder have one rank (RANK_FILE) and are never nested: a path walk holds references, not
 * locks, and takes fs_tree_lock for one component at a time. A user copy may run with inode->lock held (FILE
 * is outside MMAP) but never with a spinlock or a page lock (R35).
 */
#pragma once
#include "lib/errno.h"
#include "mm/file/mapping.h"
#include "sync/mutex.h"
#include "sync/rwsem.h"

/* File types and permission bits: inode(7). */
#define S_IFMT   0170000u
#define S_IFIFO  0010000u
#define S_IFCHR  0020000u
#define S_IFDIR  0040000u
#define S_IFREG  0100000u
#define S_IFLNK  0120000u
#define S_PERM   0007777u
#define NAME_MAX 255u
#define PATH_MAX 4096u

struct inode;
struct file;
struct file_ops;
struct dir_reader;

struct inode_ops {
    /* Directories whose entries are made on demand (/proc/PID): a referenced inode, or NULL: *error is
     * -ENOMEM where there is one and no memory to make it, else as it was. May sleep. */
    struct inode *(*lookup)(struct inode *dir, const char *name, int *error);
    /* Names the entries that lookup() would find; returns when the reader is full. May sleep. */
    void (*list)(struct inode *dir, struct dir_reader *reader);
    /* Links made on demand: text into buf, its length or -errno. */
    int (*readlink)(struct inode *link, char *buf, size_t size);
    /* Links that lead to an inode without a name (/proc/self/fd): a reference, or NULL to use the text. */
    struct inode *(*follow)(struct inode *link);
    /* The last reference went. */
    void (*release)(struct inode *inode);
};

struct directory {
    struct rbtree names;  /* (n) struct dentry by name */
    struct list order;    /* (n) the same, oldest first: what a reader's position counts along */
    u32 next_cookie;      /* (n) */
    struct inode *parent; /* (n) not referenced: a parent outlives its linked children */
};

struct inode {
    atomic_t refs;
    u32 ino;                     /* (c) */
    u32 mode;                    /* type (c), permissions (a) */
    u32 rdev;                    /* (c) devices: major << 8 | minor */
    u32 nlink;                   /* (n) */
    u32 uid, gid;                /* (a) */
    u32 size;                    /* (i) to write, READ_ONCE by faults: one word, so no torn value exists */
    u64 atime, mtime, ctime;     /* (i) nanoseconds since 1970; a torn read only shows a wrong time */
    struct mutex lock;           /* contents, size, and the position of files open on it */
    const struct inode_ops *ops; /* (c) may be NULL */
    const struct file_ops *file_ops; /* (c) */
    struct dentry *dentry;           /* (n) the name it was given last, NULL when it has none */
    struct directory dir;            /* directories */
    char *target;                    /* (c) symbolic links with a fixed text */
    u32 seals;                       /* (i) F_SEAL_*: regular files; what may never be done to it any more */
    atomic_t writers;                /* (a) open files that may write it, and truncations under way */
    bool nameless;                   /* (n) its last name is gone, or it shall never have one */
    bool counts;                     /* (c) tmpfs: its pages are part of the file system's size */
    void *data;                      /* (c) the owner's: pipe, generator, ... */
    struct mapping mapping;          /* regular files */
    struct file_lock *locks;         /* fs/file_lock.c's; READ_ONCE: has anybody locked the file? */
};

struct dentry {
    struct rbnode node;   /* (n) in parent->dir.names */
    struct list order;    /* (n) in parent->dir.order */
    struct inode *inode;  /* (c) referenced */
    struct inode *parent; /* (c) */
    u32 cookie;           /* (c) */
    char name[];          /* (c) */
};

extern struct rwsem fs_tree_lock; /* RANK_FILE: every (n) */
extern struct inode *fs_root;     /* (c) after fs_init() */

/* Makes the root directory. Once, before any other call here: initramfs_unpack() does it. */
void fs_init(void);

/* One reference, nlink 0; NULL when no memory. Sleeps. */
struct inode *inode_create(u32 mode, const struct file_ops *file_ops, const struct inode_ops *ops);
void inode_get(struct inode *inode);
/* The last put frees the inode and its pages. Takes no lock of this folder: may run under mmap_lock. */
void inode_put(struct inode *inode);
/* A file is either written or executed, never both: ETXTBSY of open(2) and execve(2). Each side counts itself
 * first and looks at the other's count then, so that of two at the same moment one at least sees the other. */
must_check int inode_begin_writing(struct inode *inode); /* 0 or -ETXTBSY */
void inode_end_writing(struct inode *inode);
/* Asked after mm_set_exe(): is it open to be written, or mapped so? */
bool inode_is_written(struct inode *inode);
static inline u32 inode_type(const struct inode *inode)
{
    return inode->mode & S_IFMT;
}
static inline bool inode_is_dir(const struct inode *inode)
{
    return inode_type(inode) == S_IFDIR;
}
/* Now, in nanoseconds since 1970. */
u64 fs_now(void);
/* Zeroed kernel memory or NULL; kfree() gives it back. */
void *fs_alloc(size_t size);
