/* The newc archive format (cpio(5), "New ASCII Format") as a pure function over bytes: no kernel, so it can
 * be fuzzed. */
#pragma once
#include "lib/types.h"

struct cpio_entry {
    const char *name; /* inside the archive, NUL-terminated */
    const u8 *data;   /* inside the archive */
    u32 size;
    u32 ino, mode, uid, gid, nlink, mtime, rdev;
};
enum cpio_result { CPIO_ENTRY, CPIO_END, CPIO_DAMAGED };
/* Reads the entry at *offset and moves past it. CPIO_DAMAGED: *why names the cause, *offset its place. */
enum cpio_result cpio_next(const u8 *archive, size_t bytes, size_t *offset, struct cpio_entry *entry,
                           const char **why);
