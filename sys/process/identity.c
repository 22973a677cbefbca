/* Who a process is: numbers, groups, sessions, users, a name. */
#include "arch/user.h"
#include "fs/tty.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

s32 sys_getpid(void)
{
    return process_current()->pid;
}
s32 sys_gettid(void)
{
    return thread_current()->tid;
}
s32 sys_getppid(void)
{
    return READ_ONCE(process_current()->parent_pid);
}
s32 sys_getpgrp(void)
{
    return READ_ONCE(process_current()->group);
}

static struct process *process_or_self(s32 pid) must_hold(&process_lock)
{
    return pid == 0 ? process_current() : process_find(pid);
}

s32 sys_getpgid(s32 pid)
{
    mutex_lock(&process_lock);
    const struct process *process = process_or_self(pid);
    s32 result = process ? process->group : -ESRCH;
    mutex_unlock(&process_lock);
    return result;
}

s32 sys_getsid(s32 pid)
{
    mutex_lock(&process_lock);
    const struct process *process = process_or_self(pid);
    s32 result = process ? process->session : -ESRCH;
    mutex_unlock(&process_lock);
    return result;
}

struct group_search {
    s32 group, session;
    bool found;
};
static void find_group(struct process *process, void *arg)
{
    struct group_search *s = arg;
    s->found |= process->group == s->group && process->session == s->session;
}

s32 sys_setpgid(s32 pid, s32 group)
{
    s32 result = 0;
    if (group < 0)
        return -EINVAL;
    mutex_lock(&process_lock);
    struct process *self = process_current(), *process = process_or_self(pid);
    if (!process || (process != self && process->parent != self)) {
        result = -ESRCH;
    } else if (process->session == process->pid || process->session != self->session) {
        result = -EPERM;
    } else if (process != self && process->has_execed) {
        result = -EACCES;
    } else {
        struct group_search s = {group ? group : process->pid, process->session, false};
        if (s.group != process->pid)
            process_for_each(find_group, &s);
        if (s.group == process->pid || s.found)
            process->group = s.group;
        else
            result = -EPERM;
    }
    mutex_unlock(&process_lock);
    return result;
}

s32 sys_setsid(void)
{
    mutex_lock(&process_lock);
    struct process *self = process_current();
    s32 result = self->pid;
    if (self->group == self->pid)
        result = -EPERM;
    else
        self->session = self->group = self->pid;
    mutex_unlock(&process_lock);
    return result;
}

/* Users are numbers that are kept and shown; everybody may do everything. */
s32 sys_getuid32(void)
{
    return (s32)process_current()->uid[0];
}
s32 sys_geteuid32(void)
{
    return (s32)process_current()->uid[1];
}
s32 sys_getgid32(void)
{
    return (s32)process_current()->gid[0];
}
s32 sys_getegid32(void)
{
    return (s32)process_current()->gid[1];
}

static s32 set_ids(u32 *ids, u32 real, u32 effective, u32 saved)
{
    const u32 wanted[3] = {real, effective, saved};
    for (int i = 0; i < 3; i++)
        if (wanted[i] != ~0u)
            WRITE_ONCE(ids[i], wanted[i]);
    mutex_lock(&process_lock);
    process_update_limits(process_current()); /* some hold for all but root */
    mutex_unlock(&process_lock);
    return 0;
}
s32 sys_setuid32(u32 id)
{
    return set_ids(process_current()->uid, id, id, id);
}
s32 sys_setgid32(u32 id)
{
    return set_ids(process_current()->gid, id, id, id);
}
s32 sys_setreuid32(u32 real, u32 effective)
{
    return set_ids(process_current()->uid, real, effective, effective);
}
s32 sys_setregid32(u32 real, u32 effective)
{
    return set_ids(process_current()->gid, real, effective, effective);
}
s32 sys_setresuid32(u32 r, u32 e, u32 s)
{
    return set_ids(process_current()->uid, r, e, s);
}
s32 sys_setresgid32(u32 r, u32 e, u32 s)
{
    return set_ids(process_current()->gid, r, e, s);
}

static s32 get_ids(const u32 *ids, vaddr_t a, vaddr_t b, vaddr_t c)
{
    return user_store_u32(a, ids[0]) || user_store_u32(b, ids[1]) || user_store_u32(c, ids[2]) ? -EFAULT : 0;
}
s32 sys_getresuid32(vaddr_t a, vaddr_t b, vaddr_t c)
{
    return get_ids(process_current()->uid, a, b, c);
}
s32 sys_getresgid32(vaddr_t a, vaddr_t b, vaddr_t c)
{
    return get_ids(process_current()->gid, a, b, c);
}
s32 sys_getgroups32(int size, vaddr_t to)
{
    return size < 0 ? -EINVAL : 0;
}
s32 sys_setgroups32(int size, vaddr_t from)
{
    return size < 0 || size > 65536 ? -EINVAL : 0;
}
