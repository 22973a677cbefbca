/* Where tasks run: affinity, placement at wake-up, stealing by CPUs that have nothing to do. */
#include "diag/counters.h"
#include "sched/sched.h"
#include "sync/waitqueue.h"
#include "tests/scenario.h"

#define MOVES     20u
#define TASKS_MAX 16u

static struct task *start(const char *name, u32 cpu, void (*fn)(void *), void *arg)
{
    struct task *task = obtain(task_create_kernel(name, fn, arg));

    assert(task != NULL);
    task_pin(task, cpu);
    task_start(task);
    return task;
}
static void end(struct task *task)
{
    task_join(task);
    task_put(task);
}
static struct cpumask all_cpus(void)
{
    struct cpumask mask = {{0}};

    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&mask, cpu);
    return mask;
}

struct rover {
    u32 at, stop; /* (a) the CPU it sees itself on, + 1 */
};
static void rove(void *arg)
{
    struct rover *r = arg;

    while (!load_acquire(&r->stop)) {
        preempt_disable();
        store_release(&r->at, cpu_id() + 1);
        preempt_enable();
        cpu_relax();
    }
}

TEST(sched_affinity_moves, .cpus = 2, .limit_ticks = 3000,
     .shows = "a task that runs is moved to the CPU that its new affinity names, and is never seen elsewhere")
{
    struct rover r = {.stop = 0};
    struct task *task = start("rover", 1, rove, &r);

    for (u32 i = 0; i < MOVES; i++) {
        u32 cpu = i % cpu_count();
        check_eq(task_set_affinity(task, cpumask_of(cpu)), 0);
        while (load_acquire(&r.at) != cpu + 1)
            task_yield();
        check_eq(load_acquire(&r.at), cpu + 1);
        for (u32 look = 0; look < 100; look++) {
            check_eq(load_acquire(&r.at), cpu + 1);
            task_yield();
        }
    }
    store_release(&r.stop, 1);
    end(task);
}

struct crowd {
    u32 here[MAX_CPUS]; /* (a) how many of them run on each CPU */
    u32 together;       /* (a) once they were on every CPU at one moment */
};
static bool everywhere(struct crowd *c)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (load_acquire(&c->here[cpu]) == 0)
            return false;
    return true;
}
/* Stays on its CPU while it counts itself there. */
static void spread(void *arg)
{
    struct crowd *c = arg;

    while (!load_acquire(&c->together)) {
        preempt_disable();
        u32 cpu = cpu_id();
        store_release(&c->here[cpu], 1u);
        for (u32 i = 0; i < 1000 && !load_acquire(&c->together); i++) {
            if (everywhere(c))
                store_release(&c->together, 1u);
            cpu_relax();
        }
        store_release(&c->here[cpu], 0u);
        preempt_enable();
    }
}

TEST(sched_stealing, .cpus = 2, .limit_ticks = 3000,
     .shows = "tasks piled up on one CPU spread over all: CPUs with nothing to do take them")
{
    static struct crowd c;
    struct task *task[TASKS_MAX];
    u32 n = MIN(2 * cpu_count(), TASKS_MAX), stolen = counter_sum(COUNT_steal);

    c = (struct crowd){.together = 0};
    for (u32 i = 0; i < n; i++)
        task[i] = start("crowd", 0, spread, &c);
    for (u32 i = 0; i < n; i++)
        check_eq(task_set_affinity(task[i], all_cpus()), 0); /* they stay where they are queued */
    for (u32 i = 0; i < n; i++)
        end(task[i]);
    check(c.together);
    test_note("%u tasks, %u steals", n, counter_sum(COUNT_steal) - stolen);
}

struct sleeper {
    struct waitqueue queue;
    u32 wanted, ran_on; /* (a) */
};
static void sleep_once(void *arg)
{
    struct sleeper *s = arg;

    wait_event(&s->queue, load_acquire(&s->wanted));
    preempt_disable();
    store_release(&s->ran_on, cpu_id() + 1);
    preempt_enable();
}
static void hog_until_it_ran(void *arg)
{
    struct sleeper *s = arg;

    preempt_disable(); /* whoever is put on this CPU waits */
    store_release(&s->wanted, 1u);
    wake_all(&s->queue);
    while (!load_acquire(&s->ran_on))
        spin_relax();
    preempt_enable();
}

TEST(sched_wakeup_placement, .cpus = 3, .limit_ticks = 3000,
     .shows = "a task whose last CPU is busy is woken on one that is idle, and runs at once")
{
    struct sleeper s = {.wanted = 0};

    waitqueue_init(&s.queue);
    struct task *task = start("sleeper", 1, sleep_once, &s);
    while (READ_ONCE(task->state) == TASK_RUNNING || READ_ONCE(task->on_cpu))
        task_yield();
    check_eq(task_set_affinity(task, all_cpus()), 0); /* asleep, it still belongs to CPU 1 */
    struct task *hog = start("hog", 1, hog_until_it_ran, &s);
    end(hog);
    end(task);
    check(s.ran_on != 0 && s.ran_on != 1 + 1);
}
