/* wait4, waitid, waitpid: a parent learns how its children fare. wait(2). */
#include "arch/user.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

#define WNOHANG    1u
#define WUNTRACED  2u
#define WEXITED    4u
#define WCONTINUED 8u
#define WNOWAIT    0x01000000u
/* Children whose end is announced by another signal than SIGCHLD, or none, are "clones": seen on request. */
#define WNOTHREAD 0x20000000u
#define WALL      0x40000000u
#define WCLONE    0x80000000u
#define P_PIDFD   3u

struct wait_request {
    s32 who;           /* >0 a process, 0 own group, -1 any, < -1 a group */
    u32 options;       /* W* */
    s32 pid;           /* found: the child, */
    int code;          /* CLD_*, */
    u32 status;        /* as wait4 gives it */
    struct usage used; /* by the child and its children */
};

static bool is_wanted(const struct process *child, s32 who, u32 options)
{
    if (!(options & WALL) && (child->exit_signal != SIGCHLD) != !!(options & WCLONE))
        return false;
    if (who > 0)
        return child->pid == who;
    if (who == 0)
        return child->group == process_current()->group;
    return who == -1 || child->group == -who;
}

/* Something to tell about this child? The report is taken unless WNOWAIT. A stop or continue is (s). */
static bool take_report(struct process *child, struct wait_request *r)
{
    bool keep = r->options & WNOWAIT, found = true;
    r->pid = child->pid;
    r->used = usage_of_process(child);
    usage_add(&r->used, &child->used_by_children);
    irqflags_t flags = spin_lock_irq_save(&child->signal_lock);
    if ((r->options & WEXITED) && child->zombie) {
        r->status = child->exit_code;
        r->code = r->status & 0x7f ? CLD_KILLED : CLD_EXITED;
    } else if ((r->options & WUNTRACED) && child->stop_unreported && child->stopped) {
        r->status = child->stop_signal << 8 | 0x7f;
        r->code = CLD_STOPPED;
        child->stop_unreported = keep;
    } else if ((r->options & WCONTINUED) && child->continue_unreported) {
        r->status = 0xffff;
        r->code = CLD_CONTINUED;
        child->continue_unreported = keep;
    } else {
        found = false;
    }
    spin_unlock_irq_restore(&child->signal_lock, flags);
    return found;
}

/* 1: found (and reaped), 0: children but no news, -ECHILD. */
static int look(struct wait_request *r)
{
    struct process *child, *next;
    int result = -ECHILD;
    mutex_lock(&process_lock);
    list_for_each_safe (child, next, &process_current()->children, sibling) {
        if (!is_wanted(child, r->who, r->options))
            continue;
        result = 0;
        if (!take_report(child, r))
            continue;
        if (child->zombie && (r->options & WEXITED) && !(r->options & WNOWAIT)) {
            usage_add(&process_current()->used_by_children, &r->used);
            process_free(child);
        }
        result = 1;
        break;
    }
    mutex_unlock(&process_lock);
    return result;
}

/*
 * The look takes a mutex and so may not stand between prepare and sleep. Instead the count of events is read
 * first: a child that changes after the look has raised it, and the sleep's test sees that.
 */
static int wait_for_child(struct wait_request *r)
{
    struct process *self = process_current();
    might_sleep();
    for (;;) {
        int seen_events = atomic_read_acquire(&self->child_events);
        int result = look(r);
        if (result != 0 || (r->options & WNOHANG))
            return result;
        if (wait_event_interruptible(&self->child_wait,
                                     atomic_read_acquire(&self->child_events) != seen_events))
            return -ERESTARTSYS;
    }
}

s32 sys_wait4(s32 who, vaddr_t status_at, u32 options, vaddr_t rusage_at)
{
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE))
        return -EINVAL;
    if (who == (s32)0x80000000)
        return -ESRCH; /* a group whose number does not exist */
    struct wait_request r = {.who = who, .options = options | WEXITED};
    int result = wait_for_child(&r);
    if (result <= 0)
        return result;
    if (status_at && user_store_u32(status_at, r.status))
        return -EFAULT;
    return rusage_at && usage_to_user(&r.used, 0, rusage_at) ? -EFAULT : r.pid;
}

s32 sys_waitpid(s32 who, vaddr_t status_at, u32 options)
{
    return sys_wait4(who, status_at, options, 0);
}

s32 sys_waitid(u32 type, s32 id, vaddr_t info_at, u32 options, vaddr_t rusage_at)
{
    if (options & ~(WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE))
        return -EINVAL;
    if (!(options & (WEXITED | WUNTRACED | WCONTINUED)) || type > P_PIDFD)
        return -EINVAL;
    if (type == P_PIDFD)
        return -EBADF; /* there are no such descriptors */
    s32 who = type == 0 ? -1 : type == 1 ? id : id ? -id : 0;
    if (type != 0 && id < (type == 1 ? 1 : 0))
        return -EINVAL;
    struct wait_request r = {.who = who, .options = options};
    int result = wait_for_child(&r);
    if (result < 0)
        return result;
    u32 info[32] = {0};
    if (result == 1) {
        u32 status = r.code == CLD_EXITED || r.code == CLD_STOPPED ? r.status >> 8 & 0xff : r.status & 0x7f;
        const struct siginfo known = {.signal = SIGCHLD,
                                      .code = r.code,
                                      .field = {(u32)r.pid, 0, r.code == CLD_CONTINUED ? SIGCONT : status}};
        memcpy(info, &known, sizeof(known));
    }
    if (info_at && copy_to_user(info_at, info, sizeof(info)))
        return -EFAULT;
    return rusage_at && result == 1 && usage_to_user(&r.used, 0, rusage_at) ? -EFAULT : 0;
}
