/*
 * Which address space a task runs in. The task's fields and the CPU's CR3 are changed with preemption off: a
 * switch between the two would save nothing and load the wrong one when the task comes back.
 */
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/space/mm.h"
#include "sched/task.h"

/* task->mm changes under this lock, so that others may follow it there; the task itself reads it without. One
 * for all: it is taken when a task begins, execs or ends. */
DEFINE_SPINLOCK(task_mm_lock, TASK_MM);

void task_set_mm(struct task *task, struct mm *mm)
{
    irqflags_t flags = spin_lock_irq_save(&task_mm_lock);

    task->mm = mm;
    task->space = mm ? &mm->space : NULL;
    spin_unlock_irq_restore(&task_mm_lock, flags);
}

struct mm *task_get_mm(struct task *task)
{
    irqflags_t flags = spin_lock_irq_save(&task_mm_lock);
    struct mm *mm = task->mm;

    if (mm && !atomic_inc_unless_zero(&mm->users))
        mm = NULL;
    spin_unlock_irq_restore(&task_mm_lock, flags);
    return mm;
}

void task_if_in_mm(struct task *task, const struct mm *mm, void (*fn)(struct task *, void *), void *arg)
{
    irqflags_t flags = spin_lock_irq_save(&task_mm_lock);

    if (task->mm == mm)
        fn(task, arg);
    spin_unlock_irq_restore(&task_mm_lock, flags);
}

static struct mm *task_replace_mm(struct mm *mm)
{
    struct mm *former = current->mm;

    preempt_disable();
    task_set_mm(current, mm);
    if (mutant(R58) && former)
        cpumask_clear(&former->space.cpus, cpu_id());
    race_point(R58); /* the CPU is still in the former space: a flush of that must come here */
    space_load(mm ? &mm->space : &kernel_space);
    preempt_enable();
    return former;
}

void mm_switch_task(struct mm *mm)
{
    struct mm *former;

    assert(mm && atomic_read(&mm->users) > 0);
    assert(!in_atomic());
    former = task_replace_mm(mm);
    if (former)
        mm_put_user(former);
}

void mm_leave_task(void)
{
    struct mm *former;

    assert(!in_atomic());
    /* The kernel's own space is loaded at once, and not lazily at the next switch: this CPU leaves the mask,
     * so the tasks that still run there send it no more shootdowns. */
    former = task_replace_mm(NULL);
    if (former)
        mm_put_user(former);
}
