/* Pipes: a ring of bytes with a wait queue at each end. */
#pragma once
#include "fs/file.h"

/* Both ends, one reference each; `flags` may hold O_NONBLOCK. 0 or -ENOMEM. Sleeps. */
must_check int pipe_create(u32 flags, struct file **reader, struct file **writer);
extern const struct file_ops pipe_file_ops; /* a named pipe's inode opens through these too */
/* Bytes that wait to be read (FIONREAD). */
u32 pipe_bytes(struct file *file);
/* How much it holds, and a new size: the next power of two of at least a page, -EPERM beyond 1 MiB unless
 * `unlimited`, -EBUSY when more is in it, -ENOMEM; -EBADF where the file is no pipe. Sleeps. */
s32 pipe_size(struct file *file);
s32 pipe_resize(struct file *file, u32 wanted, bool unlimited);
/* Called, if set, when a write found no reader: SIGPIPE is sys/'s. */
extern void (*pipe_broken_hook)(void);
