/*
 * R31, and the seed's question (S36): why is a task TASK_RUNNING while it handles a fault?
 *
 *   T1: state := asleep        it means to sleep soon, and looks at its condition first
 *   T1:                        ... which lies in user memory: a fault
 *   T1:   the fault gives the CPU away, as any code may that runs with preemption on
 *
 * schedule() takes whoever is not TASK_RUNNING off the run queue: it is to be put back by its wake-up. But
 * that wake-up has come already (the condition is true), or is meant for the sleep that never began. T1 would
 * stay away for ever. So the fault's entry sets TASK_RUNNING, and the loop that T1 came from tests its
 * condition again before it sleeps.
 */
#include "sched/sched.h"
#include "tests/scenario.h"

static void look_then_sleep(void *arg)
{
    task_set_state(TASK_INTERRUPTIBLE);
    u32 condition = user_load((vaddr_t)arg); /* faults */
    check_eq(condition, 0);
    check_eq(READ_ONCE(current->state), TASK_RUNNING);
    task_set_state(TASK_RUNNING);
}

static void give_the_cpu_away(void *unused)
{
    schedule();
}

TEST(r31_state_while_faulting, .cpus = 2, .limit_ticks = 1500,
     .shows = "a task that faults on its way to sleep is runnable throughout, so it comes back (S36)")
{
    struct scene *s = scene_begin();
    vaddr_t page = scene_mmap(s, 1, VM_RW);

    race_action(R31, give_the_cpu_away, NULL);
    struct actor *a = actor_start(s, 1, look_then_sleep, (void *)page);
    actor_settle(a);
    check(actor_is_done(a)); /* asleep, it would wait for a wake-up that nobody owes it */
    if (!actor_is_done(a))
        task_wake(actor_task(a));
    scene_end(s);
}
