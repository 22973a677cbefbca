/*
 * The idle loop, and how a CPU joins the scheduler.
 *
 * No wake-up is lost between "nothing to do" and the halt: need_resched is tested with interrupts off, and
 * who sets it from another CPU sends an IPI after that; the IPI stays pending until cpu_wait_for_interrupt()
 * turns interrupts on in the very instruction that sleeps.
 */
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "diag/trace.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sched/runq.h"
#include "sched/task_memory.h"
#undef current /* here the field of struct cpu_local is meant as well */

bool (*sched_idle_work)(void);

static struct held_locks *locks_of_current(void)
{
    return &current_task()->locks;
}

static void become_idle_of(struct task *task, u32 cpu)
{
    struct runq *q = runq_of(cpu);

    task->flags = (1u << TASKF_IDLE) | (1u << TASKF_KTHREAD);
    task->state = TASK_RUNNING;
    task->cpu = cpu;
    task->allowed = cpumask_of(cpu);
    q->idle = task;
    q->running = task;
}

void sched_init_boot_cpu(void)
{
    static struct lock_class runq_class = {
        .name = "runq", .rank = RANK_RUNQ, .file = __FILE__, .line = __LINE__};
    static struct task boot_idle;

    assert(!irq_enabled() && cpu_id() == 0);
    preempt_disable(); /* boot goes on to its last line before any task runs on this CPU: until
                          sched_idle_loop() */
    for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
        struct runq *q = runq_of(cpu);
        spinlock_init_class(&q->lock, &runq_class);
        q->cpu = cpu;
    }
    timers_init();
    task_init_fields(&boot_idle, "idle/0", 0);
    become_idle_of(&boot_idle, 0);
    boot_idle.on_cpu = true;
    runq_of(0)->local = cpu_local();
    cpu_local()->current = &boot_idle;
    held_sleeping = locks_of_current;
    cpumask_set(&sched_cpus, 0);
    sched_dump_init();
}

struct task *sched_create_idle(u32 cpu)
{
    char comm[16];

    fmt_snprintf(comm, sizeof comm, "idle/%u", cpu);
    struct task *task = task_create(comm, 0);
    if (task != NULL) {
        become_idle_of(task, cpu);
        task->on_cpu = true;
    }
    return task;
}

noreturn void sched_start_cpu(void)
{
    irq_disable();
    struct runq *q = runq_here();
    assert(current_task() == q->idle && q->local == NULL);
    WRITE_ONCE(q->local, cpu_local());
    cpu_local()->need_resched = 1; /* tasks may have been queued here before there was anybody to tell */
    cpumask_set(&sched_cpus, q->cpu);
    sched_idle_loop();
}

/* The space of whoever ran here last, which stays loaded (lazy TLB): most often he comes back. */
struct borrowed {
    u32 switches; /* of this CPU, when it began to idle */
    u32 flushed;  /* up to which of the space's flushes, then */
};

/*
 * Each flush of it is an IPI to its other CPUs and a wake-up here, so after the first one we leave. That is
 * allowed here, where nothing is half way through an access to the space, as it may be in what a flush
 * interrupts (mm/table/shootdown.c). Interrupts are off, since a space that is only borrowed may die as soon
 * as its owner finds it loaded nowhere.
 */
static void leave_if_flushed(struct borrowed *b)
{
    irqflags_t flags = irq_save();
    u32 switches = runq_here()->switches, flushed = READ_ONCE(cpu_local()->loaded_space->flushed[cpu_id()]);
    if (b->switches != switches)
        *b = (struct borrowed){switches, flushed};
    else if (b->flushed != flushed && cpu_local()->loaded_space != &kernel_space)
        space_load(&kernel_space);
    irq_restore(flags);
}

noreturn void sched_idle_loop(void)
{
    assert(current_task() == runq_of(cpu_id())->idle);
    if (cpu_id() == 0) {
        reaper_start();
        held_scheduling = true;
    }
    preempt_count_sub(preempt_count()); /* boot ran with preemption off */
    irq_enable();
    struct borrowed borrowed = {0, 0};
    for (;;) {
        bool (*work)(void) = READ_ONCE(sched_idle_work);
        while (!READ_ONCE(cpu_local()->need_resched) && work && work())
            continue;
        irq_disable();
        if (READ_ONCE(cpu_local()->need_resched))
            irq_enable();
        else
            cpu_wait_for_interrupt();
        if (READ_ONCE(cpu_local()->need_resched))
            schedule();
        leave_if_flushed(&borrowed);
    }
}

void sched_resched_cpu(u32 cpu)
{
    struct runq *q = runq_of(cpu);
    irqflags_t flags = spin_lock_irq_save(&q->lock);

    runq_resched(q);
    spin_unlock_irq_restore(&q->lock, flags);
}
