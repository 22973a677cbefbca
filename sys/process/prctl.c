/* What a process sets about itself: prctl(2), personality(2). */
#include "arch/user.h"
#include "diag/trace.h"
#include "lib/string.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

enum {
    PR_SET_PDEATHSIG = 1,
    PR_GET_PDEATHSIG,
    PR_GET_DUMPABLE,
    PR_SET_DUMPABLE,
    PR_GET_KEEPCAPS = 7,
    PR_SET_KEEPCAPS,
    PR_SET_NAME = 15,
    PR_GET_NAME,
    PR_GET_SECCOMP = 21,
    PR_CAPBSET_READ = 23,
    PR_SET_CHILD_SUBREAPER = 36,
    PR_GET_CHILD_SUBREAPER,
    PR_SET_NO_NEW_PRIVS,
    PR_GET_NO_NEW_PRIVS,
};
#define CAP_LAST 40u

static s32 set_name(vaddr_t from)
{
    char name[16] = {0};
    for (u32 i = 0; i < sizeof(name) - 1; i++)
        if (copy_from_user(&name[i], from + i, 1))
            return -EFAULT;
        else if (!name[i])
            break;
    memcpy(current->comm, name, sizeof(name));
    trace_task_renamed(current->pid);
    return 0;
}

static s32 get_name(vaddr_t to)
{
    char name[16] = {0};
    memcpy(name, current->comm, sizeof(name) - 1);
    return copy_to_user(to, name, sizeof(name));
}

/* A switch that nothing here asks for: kept, and shown to who asks. */
static s32 keep(bool *which, u32 value)
{
    if (value > 1)
        return -EINVAL;
    WRITE_ONCE(*which, value);
    return 0;
}

static s32 about_family(u32 option, u32 arg)
{
    const struct process *self = process_current();
    switch (option) {
    case PR_SET_PDEATHSIG:
        return process_set_death_signal(arg);
    case PR_GET_PDEATHSIG:
        return user_store_u32(arg, READ_ONCE(self->death_signal));
    case PR_SET_CHILD_SUBREAPER:
        process_set_subreaper(arg);
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return user_store_u32(arg, READ_ONCE(self->is_subreaper));
    default:
        return -EINVAL;
    }
}

s32 sys_prctl(u32 option, u32 arg)
{
    struct process *self = process_current();
    switch (option) {
    case PR_SET_NAME:
        return set_name(arg);
    case PR_GET_NAME:
        return get_name(arg);
    case PR_GET_DUMPABLE:
        return !READ_ONCE(self->undumpable);
    case PR_SET_DUMPABLE:
        return keep(&self->undumpable, arg ^ 1);
    case PR_GET_KEEPCAPS:
        return READ_ONCE(self->keeps_caps);
    case PR_SET_KEEPCAPS:
        return keep(&self->keeps_caps, arg);
    case PR_GET_NO_NEW_PRIVS:
        return READ_ONCE(self->no_new_privs);
    case PR_SET_NO_NEW_PRIVS: /* for good */
        return arg == 1 ? keep(&self->no_new_privs, 1) : -EINVAL;
    case PR_GET_SECCOMP:
        return 0;
    case PR_CAPBSET_READ:
        return arg <= CAP_LAST ? 1 : -EINVAL;
    default:
        return about_family(option, arg);
    }
}

/* Nothing here is random, and no call differs by it: the number is kept for who asks. */
s32 sys_personality(u32 wanted)
{
    struct process *self = process_current();
    u32 was = READ_ONCE(self->personality);
    if (wanted != 0xffffffff)
        WRITE_ONCE(self->personality, wanted);
    return (s32)was;
}
