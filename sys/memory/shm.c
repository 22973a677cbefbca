/* shmget, shmat, shmdt, and ipc(2), through which older libraries call them. */
#include "sys/memory/shm.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/inode.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

enum { IPC_CREAT = 01000, IPC_EXCL = 02000, SHM_HUGETLB = 04000, SHM_NORESERVE = 010000 }; /* shmget */
enum { SHM_RDONLY = 010000, SHM_RND = 020000, SHM_REMAP = 040000, SHM_EXEC = 0100000 };    /* shmat */

DEFINE_SPINLOCK(shm_lock, LEAF);
static struct shm_segment *segments[SHM_SEGMENTS]; /* (s) */
static u32 rounds[SHM_SEGMENTS];                   /* (s) so that a place's next segment has another number */

u64 shm_now(void)
{
    return fs_now() / 1000000000u;
}

struct shm_segment *shm_at(u32 index)
{
    return index < SHM_SEGMENTS ? segments[index] : NULL;
}

struct shm_segment *shm_find(s32 id, int *error)
{
    struct shm_segment *s = id < 0 ? NULL : shm_at((u32)id % SHM_SEGMENTS);
    *error = !s ? -EINVAL : s->id != id ? -EIDRM : 0;
    return *error ? NULL : s;
}

u32 shm_attachments(const struct shm_segment *s)
{
    return shmem_references(s->mapping) - (s->mode & SHM_DEST ? 0 : 1);
}

bool shm_allows(const struct shm_segment *s, u32 access)
{
    const struct process *p = process_current();
    u32 uid = p->uid[1], gid = p->gid[1], mode = s->mode;
    if (uid == 0)
        return true;
    if (uid == s->uid || uid == s->creator_uid)
        mode >>= 6;
    else if (gid == s->gid || gid == s->creator_gid)
        mode >>= 3;
    return (mode & access) == access;
}

/* The last reference of the pages went: nobody shows them, and the table has removed them. */
static void shm_gone(void *owner)
{
    struct shm_segment *s = owner;
    u32 index = (u32)s->id % SHM_SEGMENTS;
    spin_lock(&shm_lock);
    if (segments[index] == s)
        segments[index] = NULL;
    spin_unlock(&shm_lock);
    kfree(s);
}

/* Keeps the segment of that number. NULL with *error. */
static struct shm_segment *shm_get(s32 id, u32 access, int *error)
{
    spin_lock(&shm_lock);
    struct shm_segment *s = shm_find(id, error);
    if (s && !shm_allows(s, access))
        *error = -EACCES;
    else if (s && !shmem_get_unless_gone(s->mapping))
        *error = -EIDRM;
    spin_unlock(&shm_lock);
    return *error ? NULL : s;
}

static struct shm_segment *shm_create(s32 key, u32 size, u32 flags, int *error)
{
    const struct process *p = process_current();
    struct shm_segment *s = fs_alloc(sizeof(*s));
    *error = -ENOMEM;
    if (!s)
        return NULL;
    s->mapping = shmem_create(ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT, !(flags & SHM_NORESERVE));
    if (!s->mapping) {
        kfree(s);
        return NULL;
    }
    s->key = key;
    s->size = size;
    s->mode = flags & 0777;
    s->uid = s->creator_uid = p->uid[1];
    s->gid = s->creator_gid = p->gid[1];
    s->creator = p->pid;
    s->changed = shm_now();
    fmt_snprintf(s->name, sizeof(s->name), "/SYSV%08x (deleted)", (u32)key);
    *error = 0;
    return s;
}

static struct shm_segment *find_key(s32 key) must_hold(&shm_lock)
{
    for (u32 i = 0; i < SHM_SEGMENTS && key != IPC_PRIVATE; i++)
        if (segments[i] && segments[i]->key == key && !(segments[i]->mode & SHM_DEST))
            return segments[i];
    return NULL;
}

/* What a segment that has the key already means for shmget. */
static s32 shm_use_existing(const struct shm_segment *s, u32 size, u32 flags) must_hold(&shm_lock)
{
    if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
        return -EEXIST;
    if (size > s->size)
        return -EINVAL;
    return shm_allows(s, (flags >> 6 | flags >> 3 | flags) & 06) ? s->id : -EACCES;
}

/* Gives it a place and a number, unless the key has come to exist meanwhile. */
static s32 shm_enter(struct shm_segment *s, u32 flags) must_hold(&shm_lock)
{
    const struct shm_segment *other = find_key(s->key);
    if (other)
        return shm_use_existing(other, s->size, flags);
    for (u32 i = 0; i < SHM_SEGMENTS; i++) {
        if (segments[i])
            continue;
        s->id = (s32)((rounds[i]++ % 0x7fffu) * SHM_SEGMENTS + i);
        shmem_on_last_put(s->mapping, shm_gone, s);
        segments[i] = s;
        return s->id;
    }
    return -ENOSPC;
}

s32 sys_shmget(s32 key, u32 size, u32 flags)
{
    int error;
    spin_lock(&shm_lock);
    const struct shm_segment *old = find_key(key);
    s32 id = old ? shm_use_existing(old, size, flags) : -ENOENT;
    spin_unlock(&shm_lock);
    if (old || (key != IPC_PRIVATE && !(flags & IPC_CREAT)))
        return id;
    if (!size || size > SHM_MAX || (flags & SHM_HUGETLB))
        return -EINVAL;
    struct shm_segment *s = shm_create(key, size, flags, &error);
    if (!s)
        return error;
    struct mapping *mapping = s->mapping;
    spin_lock(&shm_lock);
    id = shm_enter(s, flags);
    bool entered = segments[(u32)s->id % SHM_SEGMENTS] == s;
    spin_unlock(&shm_lock);
    if (!entered) { /* nobody else knows it */
        mapping->ops->put(mapping);
        kfree(s);
    }
    return id;
}

/* Where it goes, and with what rights. 0 or -EINVAL. */
static int attach_request(const struct shm_segment *s, vaddr_t at, u32 flags, struct mmap_request *r)
{
    if (flags & SHM_RND)
        at &= PAGE_MASK; /* SHMLBA is a page */
    if (at % PAGE_SIZE || ((flags & SHM_REMAP) && !at))
        return -EINVAL;
    *r = (struct mmap_request){.addr = at,
                               .length = ALIGN_UP(s->size, PAGE_SIZE),
                               .vm_flags = VM_SHARED | VM_READ | (flags & SHM_EXEC ? VM_EXEC : 0) |
                                           (flags & SHM_RDONLY ? 0 : VM_WRITE | VM_MAYWRITE),
                               .how = !at                 ? 0
                                      : flags & SHM_REMAP ? MM_FIXED
                                                          : MM_FIXED_NOREPLACE,
                               .mapping = s->mapping,
                               .name = s->name};
    return 0;
}

s32 sys_shmat(s32 id, vaddr_t at, u32 flags)
{
    struct mmap_request request;
    int error;
    struct shm_segment *s = shm_get(id, flags & SHM_RDONLY ? 4 : 6, &error);
    if (!s)
        return error;
    s32 addr = attach_request(s, at, flags, &request);
    if (!addr)
        addr = mm_mmap(current->mm, &request);
    if (addr == -EEXIST)
        addr = -EINVAL;
    spin_lock(&shm_lock);
    if (!mm_is_error(addr)) {
        s->attached = shm_now();
        s->last = process_current()->pid;
    }
    spin_unlock(&shm_lock);
    s->mapping->ops->put(s->mapping);
    return addr;
}

s32 sys_shmdt(vaddr_t at)
{
    void *owner = NULL;
    int error = mm_detach(current->mm, at, &owner);
    if (error)
        return error;
    spin_lock(&shm_lock);
    for (u32 i = 0; i < SHM_SEGMENTS; i++) {
        if (segments[i] && segments[i] == owner) { /* else that was its last attachment */
            segments[i]->detached = shm_now();
            segments[i]->last = process_current()->pid;
        }
    }
    spin_unlock(&shm_lock);
    return 0;
}

s32 sys_ipc(u32 call, u32 first, u32 second, u32 third, vaddr_t pointer)
{
    enum { SHMAT = 21, SHMDT, SHMGET, SHMCTL };
    s32 addr;
    switch (call & 0xffff) {
    case SHMAT:
        if (call >> 16 == 1) /* the form of iBCS2 programs */
            return -EINVAL;
        addr = sys_shmat((s32)first, pointer, second);
        return mm_is_error(addr) ? addr : user_store_u32(third, (u32)addr);
    case SHMDT:
        return sys_shmdt(pointer);
    case SHMGET:
        return sys_shmget((s32)first, second, third);
    case SHMCTL:
        return shm_control((s32)first, second, pointer, false);
    default: /* semaphores, messages */
        return -ENOSYS;
    }
}
