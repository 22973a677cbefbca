/* tmpfs: the page cache is the file. */
#pragma once
#include "fs/inode.h"

/* A file, directory, link or (with rdev set by the caller) device node without a name yet; NULL when no
 * memory. */
struct inode *tmpfs_create(u32 mode);
struct inode *tmpfs_create_link(const char *target, size_t n);
/* Is this a regular file of ours (and not one of /proc's)? */
bool tmpfs_is_file(const struct inode *inode);
void tmpfs_mapping_init(struct inode *inode); /* inode_create()'s own */
/* Sets the size: zeroes what is cut off, so that growing again shows zeroes. 0 or -errno. Sleeps. */
int tmpfs_truncate(struct inode *inode, u64 size) must_not_hold(&inode->lock);
/* Appends from kernel memory at offset, growing the file. 0 or -errno (-ENOMEM, -EFBIG). */
int tmpfs_write_kernel(struct inode *inode, const void *from, size_t n, u32 offset);
