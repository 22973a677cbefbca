/* A machine in which nobody will ever move again: who waits for whom, in the verdict. */
#include "arch/sim/deadlock.h"
#include "arch/sim/run.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sched/runq.h"

/* Kernel threads wait for work as long as there is none; what a scenario started, and the scenario itself,
 * waits for something that must come. */
static bool must_wake(const struct task *task)
{
    return (task->state == TASK_UNINTERRUPTIBLE || task->state == TASK_KILLABLE) && !task->on_rq;
}

/* The chain that ends in a circle tells more than one that leads into it. */
static bool longest_chain(char *text, size_t size)
{
    char other[300];
    struct task *task;
    bool found = false;

    text[0] = '\0';
    list_for_each (task, &task_list, all) {
        if (!must_wake(task))
            continue;
        sched_wait_chain(task, other, sizeof(other));
        if (!found || strstr(other, "a circle") || strlen(other) > strlen(text))
            fmt_snprintf(text, size, "%s", other);
        found = true;
        if (strstr(other, "a circle"))
            break;
    }
    return found;
}

noreturn void deadlock_fail(void)
{
    char chain[300];

    if (longest_chain(chain, sizeof(chain)))
        sim_fail("deadlock: every CPU idles or spins, and nobody can ever be woken: %s", chain);
    sim_fail("deadlock: every CPU idles or spins, and no task that waits can ever be woken");
}
