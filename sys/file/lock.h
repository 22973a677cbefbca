/* fcntl(2)'s commands about locks on files. */
#pragma once
#include "fs/file.h"

enum {
    F_GETLK = 5,
    F_SETLK,
    F_SETLKW,
    F_GETLK64 = 12,
    F_SETLK64,
    F_SETLKW64,
    F_OFD_GETLK = 36,
    F_OFD_SETLK,
    F_OFD_SETLKW
};

/* One of these commands. `fd` is the number that `file`, which the caller holds, was found at. 0 or -errno.
 * Sleeps. */
s32 file_lock_fcntl(struct file *file, int fd, u32 command, vaddr_t arg);
