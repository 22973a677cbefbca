/*
 * Who waits for whom, down to the one that is not waiting, as one sentence:
 *
 *   init (1) waits for mmap_lock 0xc18... at do_mmap+0x2c (mm/space/mmap.c:40), held by worker (9), which
 *   waits for page 0x1a2 of tmpfs file 12 at ..., locked by reader (4) for read 7, which waits for &read.done
 *   at ..., which no task holds: it must be signalled
 *
 * A lock's holder is found by looking through all tasks' held locks, so locks need no owner fields that would
 * be written on their hot paths. Any context: takes no lock and may be a moment behind.
 */
#include "diag/printk.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sched/runq.h"

#define LINKS_MAX 16u

static bool holds(const struct task *task, const void *what)
{
    held_for_each(e, &task->locks) if (READ_ONCE(e->lock) == what) return true;
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

bool (*sched_name_of)(const void *what, const char *class_name, char *to, size_t size);

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

/* snprintf's companion: what does not fit is left out. */
static void printf_like(3, 4) append(char *to, size_t size, const char *fmt, ...)
{
    size_t n = strlen(to);
    va_list args;

    va_start(args, fmt);
    fmt_vsnprintf(to + n, size - n, fmt, args);
    va_end(args);
}

/* The CPU that a chain ends at may itself spin, for a lock of another CPU, and so on. */
static void append_spins(char *to, size_t size, u32 cpu)
{
    for (u32 links = 0; links < LINKS_MAX; links++) {
        struct spin_want want = per_cpu(spins_for, cpu);
        if (want.lock == NULL)
            return;
        append(to, size, " and spins for %s %p at %pS", want.name, want.lock, CALL_AT(want.ip));
        s32 holder = held_spin_holder(want.lock);
        if (holder < 0 || (u32)holder == cpu) {
            append(to, size, ", which no other CPU holds");
            return;
        }
        cpu = (u32)holder;
        const struct task *task = READ_ONCE(runq_of(cpu)->running);
        append(to, size, ", held by CPU %u, which runs %s (%d)", cpu, task ? task->comm : "boot",
               task ? task->pid : 0);
    }
}

static void append_end(char *to, size_t size, const struct task *task, u32 links)
{
    u32 cpu = READ_ONCE(task->cpu);

    if (READ_ONCE(task->on_cpu))
        append(to, size, "%s runs on CPU %u", links ? ", which" : "", cpu);
    else
        append(to, size, "%s is %s on CPU %u", links ? ", which" : "", doing(task), cpu);
    if (READ_ONCE(task->on_cpu))
        append_spins(to, size, cpu);
}

static void append_wait(char *to, size_t size, const struct task *task, const void *what, u32 links)
{
    char name[64];

    if (!sched_name_of || !sched_name_of(what, task->waits_name, name, sizeof name))
        fmt_snprintf(name, sizeof name, "%s %p", task->waits_name, what);
    append(to, size, "%s waits for %s at %pS", links ? ", which" : "", name, CALL_AT(task->waits_ip));
}

static void append_holder(char *to, size_t size, const struct task *holder, bool is_the_task)
{
    u32 read = READ_ONCE(holder->read_number);

    append(to, size, "%s %s (%d)", is_the_task ? ", that is" : ", held by", holder->comm, holder->pid);
    if (read != 0 && !is_the_task)
        append(to, size, " for read %u", read);
}

void sched_wait_chain(struct task *task, char *to, size_t size)
{
    const struct task *start = task;
    u32 links = 0;

    fmt_snprintf(to, size, "%s (%d)", task->comm, task->pid);
    for (; links < LINKS_MAX && is_waiting(task); links++) {
        const void *what = READ_ONCE(task->waits_for);
        if (what == NULL)
            break;
        append_wait(to, size, task, what, links);
        struct task *next = holder_of(what, task);
        if (next == NULL) {
            append(to, size, ", which no task holds: it must be signalled");
            return;
        }
        append_holder(to, size, next, next == what);
        if (next == start) {
            append(to, size, ": a circle, nobody of them will ever go on");
            return;
        }
        task = next;
    }
    append_end(to, size, task, links);
}

void sched_print_wait_chain(struct task *task)
{
    char text[CHAIN_MAX];

    sched_wait_chain(task, text, sizeof text);
    printk("  %s\n", text);
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
