/* Between the files of tmpfs. */
#pragma once
#include "fs/file.h"
#include "fs/tmpfs.h"

#define TMPFS_SIZE_MAX 0xfffff000u

/* file_ops; tmpfs_write under the inode's lock. */
s32 tmpfs_read(struct file *file, vaddr_t user, size_t n, u64 *position);
s32 tmpfs_write(struct file *file, vaddr_t user, size_t n, u64 *position);
/* mapping_ops: a page enters or leaves the file. */
int tmpfs_charge(struct mapping *mapping);
void tmpfs_uncharge(struct mapping *mapping);
/* May the running program's files grow to where `end` is? Bytes from `start` on that they may, or -EFBIG, and
 * then it has been told by signal. setrlimit(2), RLIMIT_FSIZE. */
s64 tmpfs_within_limit(u64 start, u64 end);
