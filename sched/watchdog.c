/*
 * The watchdog, from the tick: never a silent hang. Three things are noticed, each in guest time:
 *
 *   - a task asleep for `hungtask` seconds, not as one who waits for a person, and at whose chain's end
 *     nobody runs: said once, with the chain;
 *   - a CPU that takes interrupts but has let no other task run for `softlockup` seconds, since it spins or
 *     sleeps with preemption off: the end, with the dump;
 *   - a CPU that takes no interrupts any more, seen by its neighbour: the same.
 */
#include "arch/clock.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "sched/runq.h"

static u32 hungtask = 30;
static u32 softlockup = 20;
BOOT_NUMBER(hungtask, "seconds of sleep after which a task that nobody will wake is reported (0: never)",
            &hungtask);
BOOT_NUMBER(softlockup, "seconds after which a CPU that does not schedule ends the run (0: never)",
            &softlockup);

struct watch {
    u32 ticks;           /* this CPU's, ever */
    u32 stuck_ticks;     /* in a row that interrupted code which could not be switched away from */
    u32 neighbour_seen;  /* its ticks when last looked at */
    u32 neighbour_quiet; /* our ticks since they changed */
};
static PERCPU(struct watch, watches);

static void watch_self(struct watch *w, struct runq *q, bool could_switch)
{
    w->stuck_ticks = could_switch ? 0 : w->stuck_ticks + 1;
    if (softlockup != 0 && w->stuck_ticks > softlockup * TICK_HZ) {
        char chain[CHAIN_MAX];
        w->stuck_ticks = 0;
        sched_wait_chain(q->running, chain, sizeof chain);
        panic("CPU %u has not been able to switch tasks for %u s: %s", q->cpu, softlockup, chain);
    }
}

/* An idle CPU may have its tick off. */
static void watch_neighbour(struct watch *w, u32 cpu)
{
    u32 neighbour = cpumask_next(&sched_cpus, cpu + 1);

    if (neighbour == MAX_CPUS)
        neighbour = 0;
    u32 ticks = READ_ONCE(per_cpu(watches, neighbour).ticks);
    if (neighbour == cpu || ticks != w->neighbour_seen || runq_is_idle(runq_of(neighbour))) {
        w->neighbour_seen = ticks;
        w->neighbour_quiet = 0;
        return;
    }
    if (softlockup != 0 && ++w->neighbour_quiet > softlockup * TICK_HZ)
        panic("CPU %u has taken no interrupt for %u s", neighbour, softlockup);
}

/* Under its queue's lock, as its CPU writes it there: half of the 64 bits of asleep_since from this sleep and
 * half from the last one would be hours. `now` was read before the lock: a task that fell asleep since then did
 * so after it. */
static bool sleeps_too_long(struct task *task, u64 now)
{
    irqflags_t flags = irq_save();
    struct runq *q;
    runq_lock_of(task, &q);
    u32 state = READ_ONCE(task->state);
    bool asleep = (state == TASK_UNINTERRUPTIBLE || state == TASK_KILLABLE) && !task->on_rq &&
                  !atomic_bit_test(&task->flags, TASKF_STOPPED);
    bool too_long = asleep && !READ_ONCE(task->hang_reported) && task->asleep_since != 0 &&
                    now >= task->asleep_since + (u64)hungtask * 1000000000u;

    spin_unlock(&q->lock);
    irq_restore(flags);
    return too_long;
}

/* Whoever holds the list is busy with it; a second later will do. */
void watchdog_look_for_hung(u64 now)
{
    struct task *task;

    if (!spin_try_lock(&task_list_lock))
        return;
    list_for_each (task, &task_list, all) {
        if (!sleeps_too_long(task, now) || wait_chain_is_alive(task))
            continue;
        WRITE_ONCE(task->hang_reported,
                   true); /* its own CPU may begin its next sleep now, and take it back */
        printk("hung task: asleep for more than %u s\n", hungtask);
        sched_print_wait_chain(task);
    }
    spin_unlock(&task_list_lock);
}

void watchdog_tick(struct runq *q, bool could_switch)
{
    struct watch *w = &this_cpu(watches);

    WRITE_ONCE(w->ticks, w->ticks + 1);
    watch_self(w, q, could_switch);
    watch_neighbour(w, q->cpu);
    if (q->cpu == 0 && hungtask != 0 && w->ticks % TICK_HZ == 0)
        watchdog_look_for_hung(clock_ns());
}
