/*
 * Who waits for whom, down to the one that is not waiting:
 *
 *   init (1) waits for mmap_lock at rwsem_read_lock+0x2c, held by worker-3 (9), which waits for page_lock
 * ..., held by reader (4), which is runnable
 *
 * A lock's holder is found by looking through all tasks' held locks, so locks need no owner fields that would
 * be written on their hot paths. Any context: takes no lock and may be a moment behind.
 */
#include "diag/printk.h"
#include "lib/format.h"
#include "sched/runq.h"

#define LINKS_MAX 16u

static bool holds(const struct task *task, const void *what)
{
    u32 n = MIN(READ_ONCE(task->locks.n), (u32)HELD_MAX);

    for (u32 i = 0; i < n; i++)
        if (task->locks.e[i].lock == what)
            return true;
    return false;
}

/* The task that `what` is, or that holds the lock `what`; not `waiter` itself. NULL when nobody is known. */
static struct task *holder_of(const void *what, const struct task *waiter)
{
    u32 limit = 100000; /* a list that is being changed, or is broken, must not keep us here */

    if (what == NULL)
        return NULL;
    for (struct list *at = READ_ONCE(task_list.next); at != &task_list && limit-- > 0;
         at = READ_ONCE(at->next)) {
        struct task *task = list_entry(at, struct task, all);
        if (task == what || (task != waiter && holds(task, what)))
            return task;
    }
    return NULL;
}

static const char *doing(const struct task *task)
{
    static const char *const names[] = {"runnable", "asleep until a signal", "asleep until killed or woken",
                                        "asleep until woken", "dead"};
    u32 state = READ_ONCE(task->state);

    if (READ_ONCE(task->on_cpu) && state != TASK_DEAD)
        return "running";
    return state < ARRAY_SIZE(names) ? names[state] : "in no known state";
}

static bool is_waiting(const struct task *task)
{
    return READ_ONCE(task->state) != TASK_RUNNING && !READ_ONCE(task->on_cpu) && !READ_ONCE(task->on_rq);
}

void sched_print_wait_chain(struct task *task)
{
    const struct task *start = task;

    printk("  %s (%d)", task->comm, task->pid);
    for (u32 links = 0; links < LINKS_MAX && is_waiting(task); links++) {
        const void *what = READ_ONCE(task->waits_for);
        if (what == NULL)
            break;
        printk(" waits for %s %p at %pS,\n   ", task->waits_name, what, (void *)task->waits_ip);
        struct task *next = holder_of(what, task);
        if (next == NULL) {
            printk(" which nobody is known to hold\n");
            return;
        }
        printk(next == what ? " which is %s (%d)" : " held by %s (%d)", next->comm, next->pid);
        task = next;
        if (task == start) {
            printk(": a circle, a deadlock\n");
            return;
        }
    }
    printk(", %s on CPU %u\n", doing(task), READ_ONCE(task->cpu));
}

bool wait_chain_is_alive(struct task *task)
{
    const struct task *start = task;

    for (u32 links = 0; links < LINKS_MAX && task != NULL; links++) {
        if (!is_waiting(task) || READ_ONCE(task->state) == TASK_INTERRUPTIBLE)
            return true;
        task = holder_of(READ_ONCE(task->waits_for), task);
        if (task == start)
            return false;
    }
    return false;
}
