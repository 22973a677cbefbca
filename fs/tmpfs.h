/* tmpfs: the page cache is the file. */
#pragma once
#include "fs/inode.h"

/* A file, directory, link or (with rdev set by the caller) device node without a name yet; NULL when no
 * memory. */
struct inode *tmpfs_create(u32 mode);
/* A regular file that will have no name (memfd): its pages do not count against the file system's size. */
struct inode *tmpfs_create_unnamed(u32 mode);
/* The size of the file system, in pages: half of the memory, or what `tmpfs=` says. */
struct tmpfs_room {
    u32 pages, free;
};
struct tmpfs_room tmpfs_room(void);
void tmpfs_set_limit(void); /* from here on it holds */
/* Called, if set, when a write or a new size lies beyond RLIMIT_FSIZE: SIGXFSZ is sys/'s. */
extern void (*tmpfs_limit_hook)(void);
struct inode *tmpfs_create_link(const char *target, size_t n);
/* Is this a regular file of ours (and not one of /proc's)? */
bool tmpfs_is_file(const struct inode *inode);
/* fcntl(2): what is sealed can never be done to the file again. A file begins with F_SEAL_SEAL: no more
 * seals. */
#define F_SEAL_SEAL         1u
#define F_SEAL_SHRINK       2u
#define F_SEAL_GROW         4u
#define F_SEAL_WRITE        8u
#define F_SEAL_FUTURE_WRITE 16u
/* 0, -EPERM when it is sealed against seals, -EBUSY for F_SEAL_WRITE while it is mapped shared and writable.
 */
int tmpfs_add_seals(struct inode *inode, u32 seals) must_not_hold(&inode->lock);
/* [offset, offset + length) reads as zeroes and gives its memory back; the size stays. 0 or -EPERM. */
int tmpfs_punch(struct inode *inode, u64 offset, u64 length) must_not_hold(&inode->lock);
struct mapping;
/* The file whose pages these are; NULL for memory that is no file. */
struct inode *tmpfs_inode_of(const struct mapping *mapping);
void tmpfs_mapping_init(struct inode *inode); /* inode_create()'s own */
/* Sets the size: zeroes what is cut off, so that growing again shows zeroes. 0 or -errno (-EFBIG beyond RLIMIT_FSIZE). Sleeps. */
int tmpfs_truncate(struct inode *inode, u64 size) must_not_hold(&inode->lock);
/* The same of a file that is not open: -ETXTBSY, too. */
int tmpfs_truncate_closed(struct inode *inode, u64 size) must_not_hold(&inode->lock);
/* Appends from kernel memory at offset, growing the file. 0 or -errno (-ENOMEM, -ENOSPC, -EFBIG). */
int tmpfs_write_kernel(struct inode *inode, const void *from, size_t n, u32 offset);
