/* A few kernel tasks that start together and are waited for: what the tests of sync/ and sched/ are made of.
 */
#pragma once
#include "diag/assert.h"
#include "sched/task.h"

#define CREW_MAX 8u
struct crew {
    struct task *task[CREW_MAX];
    u32 n;
};

/* One more, on CPU `cpu` modulo the number of CPUs. */
static inline struct task *crew_add(struct crew *crew, u32 cpu, void (*fn)(void *), void *arg)
{
    struct task *task = task_create_kernel("crew", fn, arg);

    assert(task != NULL && crew->n < CREW_MAX);
    crew->task[crew->n++] = task;
    task_pin(task, cpu % cpu_count());
    task_start(task);
    return task;
}

static inline void crew_join(struct crew *crew)
{
    for (; crew->n > 0; crew->n--) {
        task_join(crew->task[crew->n - 1]);
        task_put(crew->task[crew->n - 1]);
    }
}

/* Until it sleeps on a lock or a queue, switched away altogether. */
static inline void crew_await_sleep(const struct task *task)
{
    while (READ_ONCE(task->state) == TASK_RUNNING || READ_ONCE(task->on_cpu))
        task_yield();
}
