/* The memory calls: Linux's numbers on one side, mm/'s on the other. mmap(2), mprotect(2), mlock(2), ... */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/tmpfs.h"
#include "mm/space/mm.h"
#include "mm/space/vma.h"
#include "sys/file/fd_table.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

#define PROT_KNOWN          7u /* READ 1, WRITE 2, EXEC 4: the same bits as VM_* */
#define PROT_GROWSDOWN      0x01000000u
#define MAP_SHARED          0x01u
#define MAP_PRIVATE         0x02u
#define MAP_SHARED_VALIDATE 0x03u
#define MAP_TYPE            0x0fu
#define MAP_FIXED           0x10u
#define MAP_ANONYMOUS       0x20u
#define MAP_GROWSDOWN       0x100u
#define MAP_LOCKED          0x2000u
#define MAP_NORESERVE       0x4000u
#define MAP_POPULATE        0x8000u
#define MAP_NONBLOCK        0x10000u
#define MAP_HUGETLB         0x40000u
#define MAP_FIXED_NOREPLACE 0x100000u
#define MAP_KNOWN           0x17fd3fu /* with DENYWRITE, EXECUTABLE, NONBLOCK, STACK; without SYNC */
static_assert(VM_READ == 1 && VM_WRITE == 2 && VM_EXEC == 4, "PROT_* are VM_*");

static u32 vm_flags_of(u32 prot, u32 flags, const struct file *file)
{
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    u32 vm = (prot & PROT_KNOWN) | (shared ? VM_SHARED : 0) | (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) |
             (flags & MAP_LOCKED ? VM_LOCKED : 0) | (flags & MAP_NORESERVE ? VM_NORESERVE : 0);
    /* What mprotect may add later: anything to a private copy, writing to a shared file only if it is open
     * for it. */
    return !file || !shared || file_writable(file) ? vm | VM_MAYWRITE : vm;
}

static int check_file_access(const struct file *file, u32 prot, u32 flags)
{
    if (!tmpfs_is_file(file->inode))
        return -ENODEV;
    if (!file_readable(file))
        return -EACCES;
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    return shared && (prot & 2) && !file_writable(file) ? -EACCES : 0;
}

/* A shared mapping of a sealed file is read-only for good. */
static int apply_seals(const struct inode *inode, u32 prot, u32 *vm)
{
    if (!(*vm & VM_SHARED) || !(inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
        return 0;
    *vm &= ~VM_MAYWRITE;
    return prot & 2 ? -EPERM : 0;
}

/* The inode's lock keeps F_SEAL_WRITE and a new writable mapping from passing each other by. */
static s32 map_file(struct file *file, struct mmap_request *r, u32 prot)
{
    mutex_lock(&file->inode->lock);
    int error = apply_seals(file->inode, prot, &r->vm_flags);
    s32 result = error ? error : mm_mmap(current->mm, r);
    mutex_unlock(&file->inode->lock);
    return result;
}

static s32 map_with(struct file *file, vaddr_t addr, u32 length, u32 prot, u32 flags, u32 pgoff)
{
    int error = file ? check_file_access(file, prot, flags) : 0;
    if (error)
        return error;
    if ((flags & MAP_GROWSDOWN) && (file || (flags & MAP_TYPE) != MAP_PRIVATE))
        return -EINVAL; /* what comes in front of a file's first page? */
    struct mmap_request r = {
        .addr = addr,
        .length = length,
        .vm_flags = vm_flags_of(prot, flags, file),
        .how = (flags & MAP_FIXED_NOREPLACE ? MM_FIXED_NOREPLACE
                : flags & MAP_FIXED         ? MM_FIXED
                                            : 0) |
               (flags & (MAP_POPULATE | MAP_LOCKED) ? MM_POPULATE : 0),
        .mapping = file ? &file->inode->mapping : NULL,
        .pgoff = pgoff,
    };
    /* Only a file that can still be sealed, or is, needs more than mm/. */
    return file && file->inode->seals != F_SEAL_SEAL ? map_file(file, &r, prot) : mm_mmap(current->mm, &r);
}

static int check_kind(u32 flags)
{
    u32 type = flags & MAP_TYPE;
    if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (type == MAP_SHARED_VALIDATE && (flags & ~MAP_KNOWN))
        return -EOPNOTSUPP;                   /* which promises not to overlook any */
    return flags & MAP_HUGETLB ? -EINVAL : 0; /* there are none: as a Linux without them says */
}

s32 sys_mmap2(vaddr_t addr, u32 length, u32 prot, u32 flags, int fd, u32 pgoff)
{
    struct file *file = flags & MAP_ANONYMOUS ? NULL : fd_get(fd);
    s32 result = 0;
    if (!(flags & MAP_ANONYMOUS) && !file)
        return -EBADF;
    if (length == 0 || ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && addr % PAGE_SIZE))
        result = -EINVAL;
    else if (length > USER_END)
        result = -ENOMEM;
    else if (file && pgoff + (length >> PAGE_SHIFT) < pgoff)
        result = -EOVERFLOW;
    if (!result)
        result = check_kind(flags);
    if (!result)
        result = map_with(file, addr, length, prot, flags, file ? pgoff : 0);
    file_put(file);
    return result;
}

/* The old call: six words in memory, the offset in bytes. */
s32 sys_mmap(vaddr_t args_at)
{
    u32 a[6];
    if (copy_from_user(a, args_at, sizeof(a)))
        return -EFAULT;
    return a[5] % PAGE_SIZE ? -EINVAL : sys_mmap2(a[0], a[1], a[2], a[3], (int)a[4], a[5] >> PAGE_SHIFT);
}

s32 sys_munmap(vaddr_t addr, u32 length)
{
    return mm_munmap(current->mm, addr, length);
}

s32 sys_mprotect(vaddr_t addr, u32 length, u32 prot)
{
    if (addr % PAGE_SIZE)
        return -EINVAL;
    if (length == 0)
        return 0;
    if (prot & ~(PROT_KNOWN | PROT_GROWSDOWN | 8u)) /* 8: PROT_SEM */
        return -EINVAL;
    return mm_mprotect(current->mm, addr, length,
                       (prot & PROT_KNOWN) | (prot & PROT_GROWSDOWN ? VM_GROWSDOWN : 0));
}

s32 sys_mremap(vaddr_t old, u32 old_length, u32 new_length, u32 flags, vaddr_t new_addr)
{
    return mm_mremap(current->mm, old, old_length, new_length, flags, new_addr);
}

s32 sys_remap_file_pages(vaddr_t start, u32 length, u32 prot, u32 pgoff, u32 flags)
{
    return prot ? -EINVAL : mm_remap_file_pages(current->mm, start, length, pgoff, !(flags & MAP_NONBLOCK));
}

s32 sys_madvise(vaddr_t addr, u32 length, int advice)
{
    return mm_madvise(current->mm, addr, length, advice);
}
s32 sys_brk(vaddr_t new_brk)
{
    return (s32)mm_brk(current->mm, new_brk);
}
s32 sys_mincore(vaddr_t addr, u32 length, vaddr_t to)
{
    return mm_mincore(current->mm, addr, length, to);
}
s32 sys_msync(vaddr_t addr, u32 length, int flags)
{
    return mm_msync(current->mm, addr, length, flags);
}
s32 sys_mlock(vaddr_t addr, u32 length)
{
    return mm_mlock(current->mm, addr, length, true, false);
}
s32 sys_munlock(vaddr_t addr, u32 length)
{
    return mm_mlock(current->mm, addr, length, false, false);
}

s32 sys_mlock2(vaddr_t addr, u32 length, u32 flags)
{
    return flags & ~1u ? -EINVAL : mm_mlock(current->mm, addr, length, true, flags & 1u);
}

s32 sys_mlockall(u32 flags)
{
    if (!(flags & 3u) || (flags & ~7u)) /* MCL_CURRENT 1, FUTURE 2, ONFAULT 4 */
        return -EINVAL;
    return mm_mlock_all(current->mm, flags & 1u, flags & 2u, flags & 4u);
}
s32 sys_munlockall(void)
{
    return mm_mlock_all(current->mm, false, false, false);
}

/* Every CPU that runs one of our threads passes a full barrier: an IPI to each, answered, is one.
 * membarrier(2). */
s32 sys_membarrier(u32 command, u32 flags)
{
    enum { QUERY = 0, GLOBAL = 1, PRIVATE = 8, REGISTER_PRIVATE = 16 };
    if (flags)
        return -EINVAL;
    switch (command) {
    case QUERY:
        return GLOBAL | PRIVATE | REGISTER_PRIVATE;
    case REGISTER_PRIVATE:
        return 0;
    case GLOBAL:
    case PRIVATE:
        barrier_on_all_cpus();
        return 0;
    default:
        return -EINVAL;
    }
}
