/*
 * Which address space a task runs in. The task's fields and the CPU's CR3 are changed with preemption off: a
 * switch between the two would save nothing and load the wrong one when the task comes back.
 */
#include "diag/assert.h"
#include "mm/space/mm.h"
#include "sched/task.h"

static struct mm *task_replace_mm(struct mm *mm)
{
    struct mm *former = current->mm;

    preempt_disable();
    current->mm = mm;
    current->space = mm ? &mm->space : NULL;
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
