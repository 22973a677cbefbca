/*
 * Who is whose parent once a process has ended, and process groups that nobody is left to look after.
 *
 * A group is orphaned when no member has a parent outside of it in the same session: a shell that is gone
 * cannot continue its jobs. Members that are stopped then get SIGHUP and SIGCONT, and the terminal's stops
 * are ignored. setpgid(2); POSIX, "Orphaned Process Group".
 */
#include "diag/assert.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

struct group_look {
    s32 group;
    const struct process *leaving; /* counts as gone; or NULL */
    bool cared_for, stopped;
};

static bool cares_for(const struct process *parent, const struct process *child)
{
    return parent != process_root && parent->group != child->group && parent->session == child->session;
}

static void look_at_member(struct process *member, void *arg)
{
    struct group_look *look = arg;
    if (member->group != look->group || member == look->leaving || member->zombie)
        return;
    look->cared_for |= cares_for(member->parent, member);
    look->stopped |= READ_ONCE(member->stopped);
}

static void hang_up_member(struct process *member, void *arg)
{
    const struct siginfo hang_up = {.signal = SIGHUP, .code = SI_KERNEL},
                         go_on = {SIGCONT, 0, SI_KERNEL, {0}};
    if (member->group != *(const s32 *)arg || member->zombie)
        return;
    signal_send_process(member, &hang_up);
    signal_send_process(member, &go_on);
}

/* `child` has lost, or is about to take away, the care of `parent` for its group. */
static void orphan_group(struct process *child, const struct process *parent, const struct process *leaving)
    must_hold(&process_lock)
{
    struct group_look look = {.group = child->group, .leaving = leaving};
    if (!cares_for(parent, child))
        return;
    process_for_each(look_at_member, &look);
    if (look.stopped && !look.cared_for)
        process_for_each(hang_up_member, &look.group);
}

bool process_is_orphaned(void)
{
    mutex_lock(&process_lock);
    struct group_look look = {.group = process_current()->group};
    process_for_each(look_at_member, &look);
    mutex_unlock(&process_lock);
    return !look.cared_for;
}

/* The nearest ancestor that asked for orphans (prctl(2), PR_SET_CHILD_SUBREAPER); or the kernel's own root,
 * which nobody waits in: there zombies vanish at once. */
static struct process *find_reaper(const struct process *process) must_hold(&process_lock)
{
    struct process *reaper = process->parent;
    while (reaper != process_root && (!reaper->is_subreaper || reaper->live == 0))
        reaper = reaper->parent;
    return reaper;
}

static void give_child(struct process *child, struct process *from, struct process *to)
    must_hold(&process_lock)
{
    list_remove(&child->sibling);
    child->parent = to;
    child->exit_signal = SIGCHLD;
    WRITE_ONCE(child->parent_pid, to->pid);
    list_push_back(&to->children, &child->sibling);
    if (child->death_signal) {
        const struct siginfo info = {
            .signal = (int)child->death_signal, .code = SI_USER, .field = {(u32)from->pid, from->uid[0]}};
        signal_send_process(child, &info);
    }
    if (!child->zombie)
        orphan_group(child, from, NULL);
    else if (to == process_root)
        process_free(child);
    else
        process_tell_of_end(child);
}

void process_leave_family(struct process *process)
{
    struct process *child, *next, *reaper = find_reaper(process);
    assert(process->live == 0);
    list_for_each_safe (child, next, &process->children, sibling)
        give_child(child, process, reaper);
    orphan_group(process, process->parent, process);
}

int process_set_death_signal(u32 signal)
{
    if (signal > SIGNALS)
        return -EINVAL;
    mutex_lock(&process_lock);
    process_current()->death_signal = signal;
    mutex_unlock(&process_lock);
    return 0;
}

void process_set_subreaper(bool on)
{
    mutex_lock(&process_lock);
    process_current()->is_subreaper = on;
    mutex_unlock(&process_lock);
}
