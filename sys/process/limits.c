/* Limits of a process: getrlimit(2), prlimit(2). Those that nobody asks for are kept and shown. */
#include "arch/user.h"
#include "sys/file/fd_table.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"
#include "sys/time/itimer.h"

#define MEMLOCK_DEFAULT  (8u << 20)
#define MSGQUEUE_DEFAULT 819200u

static u32 narrow(u64 limit)
{
    return limit > 0xffffffffu ? 0xffffffffu : (u32)limit;
}

static u32 limit_in_pages(u64 bytes)
{
    u64 pages = bytes >> PAGE_SHIFT;
    return pages > 0xffffffffu ? 0xffffffffu : (u32)pages;
}

void process_init_limits(struct process *process)
{
    for (u32 i = 0; i < RLIMITS; i++)
        process->limits[i][0] = process->limits[i][1] = RLIM_INFINITY;
    process->limits[RLIMIT_STACK][0] = STACK_LIMIT;
    process->limits[RLIMIT_CORE][0] = 0;
    process->limits[RLIMIT_NOFILE][0] = process->limits[RLIMIT_NOFILE][1] = FD_MAX;
    process->limits[RLIMIT_MEMLOCK][0] = process->limits[RLIMIT_MEMLOCK][1] = MEMLOCK_DEFAULT;
    process->limits[RLIMIT_MSGQUEUE][0] = process->limits[RLIMIT_MSGQUEUE][1] = MSGQUEUE_DEFAULT;
    process->limits[RLIMIT_NICE][0] = process->limits[RLIMIT_NICE][1] = 0;
    process->limits[RLIMIT_RTPRIO][0] = process->limits[RLIMIT_RTPRIO][1] = 0;
    process_update_limits(process);
}

void process_update_limits(struct process *process)
{
    struct memory_limits *m = &process->memory;
    bool root = READ_ONCE(process->uid[1]) == 0; /* CAP_IPC_LOCK: may lock all there is */
    WRITE_ONCE(m->space_pages, limit_in_pages(process->limits[RLIMIT_AS][0]));
    WRITE_ONCE(m->data_pages, limit_in_pages(process->limits[RLIMIT_DATA][0]));
    WRITE_ONCE(m->locked_pages, root ? 0xffffffffu : limit_in_pages(process->limits[RLIMIT_MEMLOCK][0]));
    WRITE_ONCE(process->cpu_soft, narrow(process->limits[RLIMIT_CPU][0]));
    WRITE_ONCE(process->cpu_hard, narrow(process->limits[RLIMIT_CPU][1]));
    cpu_timer_watch(process);
    WRITE_ONCE(m->file_bytes, narrow(process->limits[RLIMIT_FSIZE][0]));
    WRITE_ONCE(m->stack_bytes, narrow(process->limits[RLIMIT_STACK][0]));
}

static int set_limit(struct process *process, u32 which, const u64 *pair) must_hold(&process_lock)
{
    u64 *limit = process->limits[which];
    if (pair[0] > pair[1])
        return -EINVAL;
    if (pair[1] > limit[1] && (which == RLIMIT_NOFILE || process_current()->uid[1] != 0))
        return -EPERM;
    limit[0] = pair[0];
    limit[1] = pair[1];
    process_update_limits(process);
    return 0;
}

/* Of process `pid` (0: the caller's). `set` may be NULL; `old` gets what was. */
static int limit_call(s32 pid, u32 which, const u64 *set, u64 *old)
{
    if (which >= RLIMITS)
        return -EINVAL;
    mutex_lock(&process_lock);
    struct process *process = pid ? process_find(pid) : process_current();
    int error = process ? 0 : -ESRCH;
    if (process) {
        old[0] = process->limits[which][0];
        old[1] = process->limits[which][1];
    }
    if (process && set)
        error = set_limit(process, which, set);
    mutex_unlock(&process_lock);
    return error;
}

s32 sys_prlimit64(s32 pid, u32 which, vaddr_t new_at, vaddr_t old_at)
{
    u64 set[2], old[2];
    if (new_at && copy_from_user(set, new_at, sizeof(set)))
        return -EFAULT;
    int error = limit_call(pid, which, new_at ? set : NULL, old);
    return error ? error : old_at ? copy_to_user(old_at, old, sizeof(old)) : 0;
}

s32 sys_ugetrlimit(u32 which, vaddr_t to)
{
    u64 old[2];
    int error = limit_call(0, which, NULL, old);
    if (error)
        return error;
    const u32 pair[2] = {narrow(old[0]), narrow(old[1])};
    return copy_to_user(to, pair, sizeof(pair));
}

s32 sys_setrlimit(u32 which, vaddr_t from)
{
    u32 pair[2];
    u64 old[2];
    if (copy_from_user(pair, from, sizeof(pair)))
        return -EFAULT;
    const u64 set[2] = {pair[0] == ~0u ? RLIM_INFINITY : pair[0], pair[1] == ~0u ? RLIM_INFINITY : pair[1]};
    return limit_call(0, which, set, old);
}
