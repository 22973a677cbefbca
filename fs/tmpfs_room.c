/*
 * How much there may be in tmpfs: all files of the tree together half of the memory, so that a file that grows
 * without end is told ENOSPC (a store through a mapping: SIGBUS), and nobody is killed for it. Files without a
 * name from the start (memfd) are not counted: they are their makers' memory. And how much in one file:
 * RLIMIT_FSIZE.
 */
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "fs/tmpfs_private.h"
#include "mm/space/commit.h"
#include "sched/task.h"

static u32 megabytes;
BOOT_NUMBER(tmpfs, "MiB that the files of the tree may have (0: half of the memory)", &megabytes);

static atomic_t used;   /* pages; written when one enters or leaves a file, not when it is mapped */
static u32 limit = ~0u; /* (c) once the initramfs is unpacked: that may be of any size */

void (*tmpfs_limit_hook)(void);

void tmpfs_set_limit(void)
{
    u32 pages = megabytes ? (u32)MIN((u64)megabytes << (20 - PAGE_SHIFT), 0xfffffffeull) : frames_total() / 2;
    limit = MAX(pages, (u32)atomic_read(&used));
}

struct tmpfs_room tmpfs_room(void)
{
    u32 all = MIN(limit, frames_total()), now = (u32)atomic_read(&used);
    return (struct tmpfs_room){.pages = all, .free = all > now ? all - now : 0};
}

int tmpfs_charge(struct mapping *mapping)
{
    const struct inode *inode = mapping->host;
    if (!inode->counts || (u32)atomic_inc(&used) <= limit)
        return 0;
    atomic_dec(&used);
    return -ENOSPC;
}

void tmpfs_uncharge(struct mapping *mapping)
{
    const struct inode *inode = mapping->host;
    int left = inode->counts ? atomic_dec(&used) : 0;
    assert(left >= 0);
}

s64 tmpfs_within_limit(u64 start, u64 end)
{
    const struct memory_limits *limits = current->limits;
    u32 most = limits ? READ_ONCE(limits->file_bytes) : ~0u;
    if (most == ~0u || end < most)
        return (s64)(end - start);
    if (start < most || (start == end && start == most))
        return (s64)(most - start);
    if (tmpfs_limit_hook)
        tmpfs_limit_hook();
    return -EFBIG;
}
