/* getdents64: entries are packed into kernel memory while the tree is held, and copied out after. */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/dir.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/syscalls.h"

#define BATCH_MAX 16384u
struct packer {
    struct dir_reader reader; /* first: the callback casts back */
    u8 *bytes;
    u32 used, room;
};

/* struct linux_dirent64: ino, off, reclen, type, name. getdents(2). */
static bool pack(struct dir_reader *reader, const char *name, u32 ino, u32 type, u64 next)
{
    struct packer *p = (struct packer *)reader;
    u32 n = (u32)strlen(name) + 1, length = ALIGN_UP(19 + n, 8u);
    if (p->room - p->used < length)
        return false;
    u8 *at = p->bytes + p->used;
    u64 wide_ino = ino;
    u16 short_length = (u16)length;
    memset(at, 0, length);
    memcpy(at, &wide_ino, 8);
    memcpy(at + 8, &next, 8);
    memcpy(at + 16, &short_length, 2);
    at[18] = (u8)type;
    memcpy(at + 19, name, n);
    p->used += length;
    return true;
}

static s32 read_entries(struct file *file, vaddr_t to, u32 size)
{
    struct packer p = {.reader = {.position = file->position, .add = pack}, .room = MIN(size, BATCH_MAX)};
    p.bytes = kmalloc(p.room, GFP_KERNEL);
    if (!p.bytes)
        return -ENOMEM;
    dir_read(file->inode, &p.reader);
    assert(p.used <= p.room);
    s32 result = (s32)p.used;
    if (!p.used && p.reader.full)
        result = -EINVAL; /* the first entry does not fit */
    else if (copy_to_user(to, p.bytes, p.used))
        result = -EFAULT;
    else
        file->position = p.reader.position;
    kfree(p.bytes);
    return result;
}

s32 sys_getdents64(int fd, vaddr_t to, u32 size)
{
    struct file *file = fd_get(fd);
    s32 result = !file                        ? -EBADF
                 : !inode_is_dir(file->inode) ? -ENOTDIR
                 : size < 24                  ? -EINVAL
                                              : read_entries(file, to, size);
    file_put(file);
    return result;
}
