/* Making tasks, and the list of all of them. */
#include "sched/task.h"
#include "arch/context.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "sched/runq.h"
#include "sched/task_memory.h"

#define PID_MAX 32768

struct list task_list = LIST_INIT(task_list);
DEFINE_SPINLOCK(task_list_lock, TASKS);
static s32 last_pid; /* under task_list_lock */

void task_for_each(void (*fn)(struct task *, void *), void *arg)
{
    struct task *task;
    irqflags_t flags = spin_lock_irq_save(&task_list_lock);

    list_for_each (task, &task_list, all)
        fn(task, arg);
    spin_unlock_irq_restore(&task_list_lock, flags);
}

static bool pid_in_use(s32 pid) must_hold(&task_list_lock)
{
    struct task *task;

    list_for_each (task, &task_list, all) {
        if (task->pid == pid)
            return true;
    }
    return false;
}

s32 pid_alloc(void)
{
    static bool wrapped; /* before that no number can be in use */
    irqflags_t flags = spin_lock_irq_save(&task_list_lock);

    do {
        if (++last_pid >= PID_MAX) {
            last_pid = 2;
            wrapped = true;
        }
    } while (wrapped && pid_in_use(last_pid));
    s32 pid = last_pid;
    spin_unlock_irq_restore(&task_list_lock, flags);
    return pid;
}

void task_init_fields(struct task *task, const char *comm, s32 pid)
{
    memset(task, 0, sizeof *task);
    task->pid = pid;
    string_copy(task->comm, comm, sizeof task->comm);
    atomic_set(&task->refs, 1);
    task->state = TASK_UNINTERRUPTIBLE; /* until task_start() */
    for (u32 w = 0; w < ARRAY_SIZE(task->allowed.w); w++)
        task->allowed.w[w] = ~0u;
    task->preempt_saved = PREEMPT_ONE; /* the run queue's lock, which task_first_run() releases */
    list_init(&task->all);
    list_init(&task->joiners);
}

struct task *task_create(const char *comm, s32 pid)
{
    struct task *task = task_struct_alloc();

    if (task == NULL)
        return NULL;
    task_init_fields(task, comm, pid);
    task->kstack = task_stack_alloc();
    if (task->kstack == NULL) {
        task_struct_free(task);
        return NULL;
    }
    preempt_disable();
    task->cpu = cpu_id();
    preempt_enable();
    irqflags_t flags = spin_lock_irq_save(&task_list_lock);
    list_push_back(&task_list, &task->all);
    spin_unlock_irq_restore(&task_list_lock, flags);
    return task;
}

/* A kernel task's function may return: then the task is over. */
static void run_entry(void *arg)
{
    struct task *self = arg;

    self->entry(self->entry_arg);
    task_exit();
}

struct task *task_create_kernel(const char *comm, void (*entry)(void *), void *arg)
{
    struct task *task = task_create(comm, pid_alloc());

    if (task == NULL)
        return NULL;
    assert(entry != NULL);
    task->flags = 1u << TASKF_KTHREAD;
    task->entry = entry;
    task->entry_arg = arg;
    context_init_kernel(task, run_entry, task);
    return task;
}

void task_get(struct task *task)
{
    int refs = atomic_inc(&task->refs);
    assert(refs > 1);
}
