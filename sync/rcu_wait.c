/*
 * RCU, the sleeping half: waiting for a grace period, and the task that runs deferred calls.
 *
 * A CPU that does nothing switches no tasks, so the one who waits asks each CPU to look at its run queue: an
 * idle CPU and a CPU in user mode pass through the scheduler at once, one inside a reader when the reader
 * ends.
 */
#include "arch/clock.h"
#include "diag/panic.h"
#include "sched/sched.h"
#include "sync/completion.h"
#include "sync/rcu_internal.h"
#include "sync/waitqueue.h"

#define YIELDS  64u /* looks at a CPU before we sleep: it answers an IPI in microseconds, a tick is 10 ms */
#define POLL_NS 1000000u /* between two looks after that */

static bool was_quiescent(u32 cpu, u32 before)
{
    return rcu_quiescent_count(cpu) != before;
}

static void await_quiescence(u32 cpu, u32 before)
{
    sched_resched_cpu(cpu);
    for (u32 i = 0; i < YIELDS && !was_quiescent(cpu, before); i++)
        task_yield();
    while (!was_quiescent(cpu, before)) {
        sched_resched_cpu(cpu);
        task_set_state(TASK_UNINTERRUPTIBLE);
        task_sleep_until(clock_ns() + POLL_NS);
    }
}

void rcu_synchronize(void)
{
    u32 before[MAX_CPUS];
    u32 cpus = cpu_count();

    might_sleep();
    memory_barrier(); /* the caller's removal is visible before the counts are read */
    for (u32 cpu = 0; cpu < cpus; cpu++)
        before[cpu] = rcu_quiescent_count(cpu);
    for (u32 cpu = 0; cpu < cpus; cpu++)
        sched_resched_cpu(cpu);
    task_yield();
    for (u32 cpu = 0; cpu < cpus; cpu++)
        await_quiescence(cpu, before[cpu]);
}

static struct waitqueue deferred_wait;

static void wake_runner(void)
{
    wake_all(&deferred_wait);
}

static void run_deferred(void *arg)
{
    for (;;) {
        wait_event_interruptible(&deferred_wait, rcu_has_deferred());
        struct rcu_head *head = rcu_take_deferred();
        rcu_synchronize();
        while (head) {
            struct rcu_head *next = head->next; /* fn frees it */
            head->fn(head);
            head = next;
        }
    }
}

void rcu_init(void)
{
    waitqueue_init(&deferred_wait);
    struct task *runner = task_create_kernel("rcu", run_deferred, NULL);
    if (runner == NULL)
        panic("no memory for the RCU task");
    rcu_deferred_hook = wake_runner;
    task_start(runner);
}

struct drain {
    struct rcu_head rcu;
    struct completion done;
};
static void drained(struct rcu_head *rcu)
{
    complete(&container_of(rcu, struct drain, rcu)->done);
}

void rcu_drain(void)
{
    for (u32 batch = 0; batch < 2; batch++) {
        struct drain drain;
        completion_init(&drain.done);
        rcu_call(&drain.rcu, drained);
        completion_wait(&drain.done);
    }
}
