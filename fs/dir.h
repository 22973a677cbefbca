/* Directories: names to inodes, and changes to the tree. Every call takes fs_tree_lock inside and sleeps. */
#pragma once
#include "fs/inode.h"

/* The entry's inode, referenced; NULL with *error: -ENOENT, or -ENOMEM for one that is made on demand. "."
 * and ".." are the walk's business. */
struct inode *dir_find(struct inode *dir, const char *name, int *error) must_not_hold(&fs_tree_lock);
/* The directory above (itself at the root), referenced. */
struct inode *dir_parent(struct inode *dir) must_not_hold(&fs_tree_lock);
/* Gives `inode` a name; takes a reference of its own. -EEXIST, -ENOENT (the directory is gone, or the inode has
 * lost its last name), -ENOMEM, -ENAMETOOLONG. */
must_check int dir_link(struct inode *dir, const char *name, struct inode *inode)
    must_not_hold(&fs_tree_lock);
/* Takes a name away. want_dir: rmdir's rules (-ENOTDIR, -ENOTEMPTY), else unlink's (-EISDIR). */
must_check int dir_unlink(struct inode *dir, const char *name, bool want_dir) must_not_hold(&fs_tree_lock);
/* rename(2): replaces what `to_name` was. no_replace: -EEXIST instead. */
must_check int dir_rename(struct inode *from, const char *from_name, struct inode *to, const char *to_name,
                          bool no_replace) must_not_hold(&fs_tree_lock);
/* The absolute path of a linked inode; -ENOENT when it has no name (any more), -ERANGE. Returns the length.
 */
int inode_path(struct inode *inode, char *buf, size_t size) must_not_hold(&fs_tree_lock);

/* Collects names for getdents64: stops when `add` says that it is full. Positions are cookies + 2 ("." is 0,
 * ".." 1). */
struct dir_reader {
    u64 position; /* of the next entry wanted */
    /* false: no room, the entry was not taken. Called with fs_tree_lock held shared: no user access. */
    bool (*add)(struct dir_reader *reader, const char *name, u32 ino, u32 type, u64 next_position);
    bool full;
};
void dir_read(struct inode *dir, struct dir_reader *reader) must_not_hold(&fs_tree_lock);
/* For ops->list(): from which number on the reader wants entries that are made on demand. */
s32 dir_reader_index(const struct dir_reader *reader);
/* For ops->list(): entry number `index` (from 0) of the made-on-demand ones. */
void dir_reader_add(struct dir_reader *reader, u32 index, const char *name, u32 ino, u32 mode);
