/* shmctl: what is asked of a segment, or of all. Layouts of i386: struct shmid64_ds and its like. shmctl(2).
 */
#include "arch/user.h"
#include "lib/string.h"
#include "sys/memory/shm.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

#define IPC_64 0x100u
enum { IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, SHM_LOCK = 11, SHM_UNLOCK, SHM_STAT, SHM_INFO, SHM_STAT_ANY };

struct user_segment {
    s32 key;
    u32 uid, gid, creator_uid, creator_gid, mode;
    u16 sequence, pad;
    u32 unused[2];
    u32 size;
    u32 attached, attached_high, detached, detached_high, changed, changed_high;
    s32 creator, last;
    u32 attachments, unused_too[2];
};
static_assert(sizeof(struct user_segment) == 84, "struct shmid64_ds of i386");

struct user_limits {
    u32 max, min, segments, per_process, all_pages, unused[4];
};
struct user_usage {
    u32 segments, pages, resident, swapped, attempts, successes;
};

static void describe(const struct shm_segment *s, struct user_segment *u) must_hold(&shm_lock)
{
    *u = (struct user_segment){.key = s->key,
                               .uid = s->uid,
                               .gid = s->gid,
                               .creator_uid = s->creator_uid,
                               .creator_gid = s->creator_gid,
                               .mode = s->mode,
                               .sequence = (u16)((u32)s->id / SHM_SEGMENTS),
                               .size = s->size,
                               .attached = (u32)s->attached,
                               .detached = (u32)s->detached,
                               .changed = (u32)s->changed,
                               .creator = s->creator,
                               .last = s->last,
                               .attachments = shm_attachments(s)};
}

/* IPC_STAT by number; SHM_STAT and SHM_STAT_ANY by place, and then the result is the number. */
static s32 stat(s32 id, u32 command, vaddr_t to)
{
    struct user_segment u;
    s32 result = 0;
    int error;
    spin_lock(&shm_lock);
    struct shm_segment *s = command == IPC_STAT ? shm_find(id, &error) : shm_at((u32)id);
    if (!s)
        result = command == IPC_STAT ? error : -EINVAL;
    else if (command != SHM_STAT_ANY && !shm_allows(s, 4))
        result = -EACCES;
    else {
        describe(s, &u);
        result = command == IPC_STAT ? 0 : s->id;
    }
    spin_unlock(&shm_lock);
    return result >= 0 && copy_to_user(to, &u, sizeof(u)) ? -EFAULT : result;
}

static bool owns(const struct shm_segment *s)
{
    u32 uid = process_current()->uid[1];
    return uid == 0 || uid == s->uid || uid == s->creator_uid;
}

static void change_locked(struct shm_segment *s, u32 command, const struct user_segment *set,
                          struct mapping **release) must_hold(&shm_lock)
{
    switch (command) {
    case IPC_SET:
        s->uid = set->uid;
        s->gid = set->gid;
        s->mode = (s->mode & ~0777u) | (set->mode & 0777);
        break;
    case SHM_LOCK: /* nothing is paged out yet: noted, and shown */
        s->mode |= SHM_LOCKED;
        break;
    case SHM_UNLOCK:
        s->mode &= ~SHM_LOCKED;
        break;
    default: /* IPC_RMID: no key leads to it any more; the table's reference goes, once */
        if (!(s->mode & SHM_DEST))
            *release = s->mapping;
        s->mode |= SHM_DEST;
        s->key = IPC_PRIVATE;
    }
    if (command <= IPC_SET)
        s->changed = shm_now();
}

static s32 change(s32 id, u32 command, vaddr_t from)
{
    struct user_segment set = {0};
    struct mapping *release = NULL;
    int error;
    if (command == IPC_SET && copy_from_user(&set, from, sizeof(set)))
        return -EFAULT;
    spin_lock(&shm_lock);
    struct shm_segment *s = shm_find(id, &error);
    if (s && !owns(s))
        error = -EPERM;
    if (!error)
        change_locked(s, command, &set, &release);
    spin_unlock(&shm_lock);
    if (release)
        release->ops->put(release);
    return error;
}

/* The highest place in use, and what all segments hold together. */
static s32 usage(u32 command, vaddr_t to)
{
    const struct user_limits limits = {SHM_MAX, 1, SHM_SEGMENTS, SHM_SEGMENTS, SHM_MAX >> PAGE_SHIFT, {0}};
    struct user_usage all = {0};
    s32 highest = 0;
    spin_lock(&shm_lock);
    for (u32 i = 0; i < SHM_SEGMENTS; i++) {
        const struct shm_segment *s = shm_at(i);
        if (!s)
            continue;
        highest = (s32)i;
        all.segments++;
        all.pages += ALIGN_UP(s->size, PAGE_SIZE) >> PAGE_SHIFT;
        all.resident += READ_ONCE(s->mapping->page_count);
    }
    spin_unlock(&shm_lock);
    int error =
        command == IPC_INFO ? copy_to_user(to, &limits, sizeof(limits)) : copy_to_user(to, &all, sizeof(all));
    return error ? error : highest;
}

/* `always_64`: the call of its own has no other form; ipc(2) says IPC_64 with the command. */
s32 shm_control(s32 id, u32 command, vaddr_t buffer, bool always_64)
{
    if (!always_64 && !(command & IPC_64) && command != IPC_RMID && command != SHM_LOCK &&
        command != SHM_UNLOCK)
        return -EINVAL; /* the 16-bit layouts of libc 5 */
    if (!always_64)
        command &= ~IPC_64;
    switch (command) {
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
        return id < 0 ? -EINVAL : stat(id, command, buffer);
    case IPC_INFO:
    case SHM_INFO:
        return usage(command, buffer);
    case IPC_RMID:
    case IPC_SET:
    case SHM_LOCK:
    case SHM_UNLOCK:
        return change(id, command, buffer);
    default:
        return -EINVAL;
    }
}

s32 sys_shmctl(s32 id, u32 command, vaddr_t buffer)
{
    return shm_control(id, command, buffer, true);
}
