/* What the scheduler adds to a dump (diag/panic.h): each CPU's task, and every task with what it holds and
 * wants. */
#include "diag/panic.h"
#include "diag/printk.h"
#include "sched/runq.h"

static void print_cpu(u32 cpu)
{
    const struct runq *q = runq_of(cpu);
    const struct task *task = READ_ONCE(q->running);

    if (q->local == NULL || task == NULL)
        return;
    printk("    runs %s (%d), %u queued, %u switches, preemption count 0x%x, need_resched %u\n", task->comm,
           task->pid, q->queued, q->switches, q->local->preempt_count, q->local->need_resched);
}

static void print_tasks(void)
{
    u32 limit = 1000;

    for (struct list *at = READ_ONCE(task_list.next); at != &task_list && limit-- > 0;
         at = READ_ONCE(at->next)) {
        struct task *task = list_entry(at, struct task, all);
        sched_print_wait_chain(task);
        held_print(&task->locks);
    }
}

void sched_dump_init(void)
{
    static struct dump_section tasks = {.title = "tasks", .print = print_tasks, .print_cpu = print_cpu};

    dump_register(&tasks);
}
