/* refuse: still held */
/* The queue that a task belongs to is known only once it is locked; it must be let go all the same. */
#include "sched/runq.h"

u32 planted_queue_of(struct task *task);

u32 planted_queue_of(struct task *task)
{
    struct runq *q;

    runq_lock_of(task, &q);
    return q->cpu;
}
