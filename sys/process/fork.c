/* A new task: of the same process, or of a new one. */
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/process/clone.h"
#include "sys/process/process.h"
#include "sys/process/tls.h"
#include "sys/signal/private.h"

static int clone_check(const struct clone_request *r)
{
    u32 f = r->flags;
    if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
        return -EINVAL;
    if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
        return -EINVAL;
    return f & (CLONE_NEWNS_ALL | CLONE_PIDFD) ? -EINVAL : 0;
}

static int copy_files(struct thread *child, const struct thread *parent, u32 flags)
{
    if (flags & CLONE_FILES)
        child->files = fd_table_get(parent->files);
    else
        child->files = fd_table_copy(parent->files);
    if (flags & CLONE_FS) {
        atomic_inc(&parent->fs->refs);
        child->fs = parent->fs;
    } else {
        child->fs = fs_context_copy(parent->fs);
    }
    return child->files && child->fs ? 0 : -ENOMEM;
}

/* Both the structure and the space it loads from: sched/ looks at `space`, mm/ at `mm`. */
static int copy_memory(struct task *child, u32 flags)
{
    struct mm *mm = current->mm;
    if (flags & CLONE_VM)
        mm_get_user(mm);
    else
        mm = mm_fork(mm);
    if (!mm)
        return -ENOMEM;
    task_set_mm(child, mm);
    return 0;
}

static int copy_registers(struct thread *child, const struct clone_request *r)
{
    struct trap_frame frame = *context_user_frame(current);
    frame.eax = 0;
    if (r->stack)
        frame.esp = r->stack;
    context_copy(child->task, current);
    if (r->flags & CLONE_SETTLS) {
        int error = tls_set(child->task, r->tls, &frame);
        if (error)
            return error;
    }
    context_init_user(child->task, &frame);
    return 0;
}

static int make_gate(struct thread *child)
{
    struct vfork_gate *gate = fs_alloc(sizeof(*gate));
    if (!gate)
        return -ENOMEM;
    atomic_set(&gate->refs, 2);
    waitqueue_init(&gate->wait);
    child->vfork_gate = gate;
    return 0;
}

static void thread_inherit(struct thread *child, const struct thread *parent, const struct clone_request *r)
{
    child->blocked = parent->blocked;
    child->policy = READ_ONCE(parent->policy);
    if (!(r->flags & CLONE_VM) || (r->flags & CLONE_VFORK)) {
        child->alt_sp = parent->alt_sp;
        child->alt_size = parent->alt_size;
        child->alt_flags = parent->alt_flags;
    }
    if (r->flags & CLONE_CHILD_CLEARTID)
        child->clear_tid = r->child_tid;
    if (r->flags & CLONE_CHILD_SETTID) { /* its memory is not ours: it writes the word on its way out */
        child->set_tid = r->child_tid;
        atomic_bit_set(&child->task->flags, TASKF_WORK);
    }
}

static int copy_everything(struct thread *child, const struct clone_request *r)
{
    int error = copy_files(child, thread_current(), r->flags);
    if (!error && (r->flags & CLONE_VFORK))
        error = make_gate(child);
    if (!error)
        error = copy_registers(child, r);
    return error ? error : copy_memory(child->task, r->flags);
}

static void clone_undo(struct thread *child)
{
    struct task *task = child->task;
    if (child->vfork_gate) { /* both references are ours */
        vfork_gate_put(child->vfork_gate);
        vfork_gate_put(child->vfork_gate);
        child->vfork_gate = NULL;
    }
    struct mm *mm = task->mm;
    if (mm) {
        task_set_mm(task, NULL);
        mm_put_user(mm);
    }
    thread_free(child);
    task_put(task);
}

/* The child's process: ours, or a new one in the tree. Under (P). */
static struct process *join_process(s32 tid, const struct clone_request *r) must_hold(&process_lock)
{
    u32 flags = r->flags;
    struct process *self = process_current(), *parent = flags & CLONE_PARENT ? self->parent : self;
    if (flags & CLONE_THREAD)
        return self;
    struct actions *actions = self->actions;
    if (flags & CLONE_SIGHAND)
        atomic_inc(&actions->refs);
    else
        actions = actions_create(actions);
    if (!actions)
        return NULL;
    if (r->clear_handlers)
        actions_reset(actions);
    struct process *process = process_create(parent, tid, actions);
    if (!process) {
        actions_put(actions);
        return NULL;
    }
    process->exit_signal = flags & CSIGNAL;
    process->group = self->group;
    process->session = self->session;
    if (!process->exe && self->exe) {
        inode_get(self->exe);
        process->exe = self->exe;
    }
    return process;
}

/* Makes the child visible. A process that is ending takes no new thread; a fork that a signal is waiting for
 * starts again after the signal, so that Ctrl-C reaches all of a growing family. */
static int link_child(struct thread *child, const struct clone_request *r)
{
    int error = 0;
    mutex_lock(&process_lock);
    struct process *self = process_current(), *process = NULL;
    if (task_is_killed(current) || self->group_exiting || self->exec_task)
        error = -EINTR;
    else if (!(process = join_process(child->tid, r)))
        error = -ENOMEM;
    if (!error) {
        child->process = process;
        child->task->process = process;
        child->task->limits = &process->memory;
        thread_link(child);
    }
    mutex_unlock(&process_lock);
    return error;
}

static s32 wait_for_gate(struct vfork_gate *gate, s32 tid)
{
    int killed = wait_event_killable(&gate->wait, READ_ONCE(gate->open));
    vfork_gate_put(gate);
    return killed ? -EINTR : tid;
}

s32 process_clone(const struct clone_request *r)
{
    int error = clone_check(r);
    if (error)
        return error;
    s32 tid = pid_alloc();
    struct thread *child = thread_create(process_current(), current->comm, tid);
    if (!child)
        return -ENOMEM;
    thread_inherit(child, thread_current(), r);
    error = copy_everything(child, r);
    if (!error && (r->flags & CLONE_PARENT_SETTID))
        (void)user_store_u32(r->parent_tid, (u32)tid); /* a bad address: clone(2) names no EFAULT */
    struct vfork_gate *gate = child->vfork_gate;
    if (!error)
        error = link_child(child, r);
    if (error) {
        clone_undo(child);
        return error;
    }
    if (!(r->flags & CLONE_THREAD))
        count_event(fork);
    /* From here on the child may run, exit and be freed. */
    task_start(child->task);
    return gate ? wait_for_gate(gate, tid) : tid;
}
