/* The tick: TICK_HZ times a second on each CPU, interrupts off. Ends turns, fires timers, watches, and beats.
 */
#include "arch/clock.h"
#include "arch/trap.h"
#include "diag/counters.h"
#include "diag/printk.h"
#include "sched/runq.h"
#include "sync/rcu.h"

#define LOAD_TICKS (5 * TICK_HZ)

void (*sched_tick_hook)(void);

/* Whatever only a living kernel does: the runner on the host calls it hung when this number stands still. */
static void heartbeat(void)
{
    u32 beat = counter_sum(COUNT_pgfault) + counter_sum(COUNT_syscall) + counter_sum(COUNT_context_switch);

    beat += counter_sum(COUNT_tick_user); /* a program that computes needs nothing of us, and is alive */
    control_record("heartbeat %u", beat);
}

/* The running task had its turn, and somebody deserves the CPU more. */
static void end_turn(struct runq *q, u64 now) must_hold(&q->lock)
{
    struct task *first = runq_first(q);

    runq_charge(q, now);
    if (first == NULL)
        return;
    if (q->running == q->idle ||
        (now - q->picked_at >= SLICE_NS && vruntime_before(first->vruntime, q->running->vruntime)))
        runq_resched(q);
}

void timer_tick(bool from_user)
{
    struct runq *q = runq_here();

    count_event(timer_tick);
    if (q->local == NULL)
        return;
    bool could_switch = from_user || (preempt_count() & (PREEMPT_IRQ - 1)) == 0;
    if (from_user)
        count_event(tick_user);
    else if (current == q->idle && could_switch)
        count_event(tick_idle);
    if (from_user || (current == q->idle && could_switch))
        rcu_quiescent();
    spin_lock(&q->lock);
    end_turn(q, clock_ns());
    balance_tick(q);
    spin_unlock(&q->lock);
    timers_run();
    if (current->process && sched_tick_hook)
        sched_tick_hook();
    watchdog_tick(q, could_switch);
    static u32 beat_in; /* ticks of CPU 0, which alone counts them */
    if (q->cpu != 0)
        return;
    beat_in++;
    if (beat_in % TICK_HZ == 0)
        heartbeat();
    if (beat_in % LOAD_TICKS == 0)
        load_tick();
}
