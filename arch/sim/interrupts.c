/*
 * Time and interrupts of the virtual CPUs. Each CPU has a clock of its own, which follows those of the CPUs
 * that it hears of (order.h), and ticks by it. A halted CPU has nothing to count; it ticks by the clock of
 * whoever runs.
 */
#include "arch/clock.h"
#include "arch/sim/broken.h"
#include "arch/sim/deadlock.h"
#include "arch/sim/machine.h"
#include "arch/sim/races.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "sched/runq.h"
#include "sched/sched.h"

#define TICK_NS (1000000000u / TICK_HZ)
/* So many leaps in which no CPU switched tasks, nobody runs: nobody will ever wake anybody. */
#define DEAD_TICKS  1000u
#define LEAP_MAX_NS 1000000000u
/* How long an interrupt that the schedule delays is on its way. */
#define DEAF_STEPS 64u

void clock_start(u32 cpus)
{
    for (u32 cpu = 0; cpu < cpus; cpu++) /* apart, so that ticks do not come in step */
        vcpus[cpu].next_tick_ns = TICK_NS + cpu * (TICK_NS / SIM_CPUS_MAX);
}

/* ---- time ---- */

static void tick_if_due(u32 cpu, u64 now)
{
    struct vcpu *v = &vcpus[cpu];

    if (now < v->next_tick_ns)
        return;
    v->pending |= 1u << SIM_IRQ_TIMER;
    *order_clock(cpu) = MAX(*order_clock(cpu), v->next_tick_ns);
    v->next_tick_ns += TICK_NS * (1 + (now - v->next_tick_ns) / TICK_NS);
}

void clock_step(enum step_kind kind)
{
    u32 here = cpu_id();

    if (kind != STEP_HALT)
        *order_clock(here) += STEP_NS;
    u64 now = *order_clock(here);
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if (cpu == here || vcpus[cpu].halted)
            tick_if_due(cpu, now);
}

static u32 switches(void)
{
    u32 n = 0;

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        n += runq_of(cpu)->switches;
    return n;
}

void clock_leap(void)
{
    u32 first = 0, switched = switches();

    if (switched != sim_machine.switches_at_leap)
        sim_machine.idle_leaps = 0;
    sim_machine.switches_at_leap = switched;
    if (++sim_machine.idle_leaps > DEAD_TICKS * sim_cpu_total && !is_blind(BLIND_DEADLOCK))
        deadlock_fail();
    for (u32 cpu = 1; cpu < sim_cpu_total; cpu++)
        if (vcpus[cpu].started && vcpus[cpu].next_tick_ns < vcpus[first].next_tick_ns)
            first = cpu;
    u64 then = vcpus[first].next_tick_ns;
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if (vcpus[cpu].spinning) { /* they see the time pass */
            *order_clock(cpu) = MAX(*order_clock(cpu), then);
            order_leap(cpu, then);
        }
    order_leap(first, then);
    tick_if_due(first, then);
}

/* The machine asks, not a CPU: no part of a data race. */
static u64 next_timer(u32 cpu)
{
    bool watched = races_look_away();
    u64 next = timers_next(cpu);

    races_on = watched;
    return next;
}

/* A schedule may make a timer's moment come, but a limit of a minute says that nobody expects it to pass. */
static bool timer_may_come(u32 cpu)
{
    return next_timer(cpu) < *order_clock(cpu) + LEAP_MAX_NS;
}

/* Would a tick change anything but the clock? */
bool clock_has_use_for_tick(u32 cpu)
{
    return !(vcpus[cpu].pending & (1u << SIM_IRQ_TIMER)) &&
           (timer_may_come(cpu) || (!vcpus[cpu].halted && runq_of(cpu)->queued));
}

void clock_tick_now(u32 cpu)
{
    struct vcpu *v = &vcpus[cpu];
    u64 due = timer_may_come(cpu) ? next_timer(cpu) : *order_clock(cpu);

    tick_if_due(cpu, MAX(due, v->next_tick_ns));
    *order_clock(cpu) = MAX(*order_clock(cpu), due);
    order_leap(cpu, due);
}

void clock_pass(u64 ns)
{
    *order_clock(cpu_id()) += ns;
}

u64 clock_ns(void)
{
    return *order_clock(cpu_id());
}
u64 sim_cycles(void)
{
    return clock_ns();
} /* a 1 GHz machine */

/* ---- interrupts ---- */

void interrupts_delay(u32 cpu)
{
    vcpus[cpu].deaf_until = vcpus[cpu].steps + DEAF_STEPS;
}

/* One that is halted hears everything: it has nothing else to do. */
static bool is_deaf(const struct vcpu *v)
{
    return v->steps < v->deaf_until && !v->halted;
}

u32 interrupts_late_for(u32 cpu)
{
    const struct vcpu *v = &vcpus[cpu];

    return is_deaf(v) ? v->deaf_until - v->steps : 0;
}

bool interrupts_wait(u32 cpu)
{
    const struct vcpu *v = &vcpus[cpu];

    return v->pending && (v->halted || (sim_irqs_on[cpu] && !is_deaf(v)));
}

static void run_handler(u32 irq)
{
    preempt_count_add(PREEMPT_IRQ);
    if (irq == SIM_IRQ_TIMER)
        timer_tick(false);
    else if (irq == SIM_IRQ_CROSSCALL)
        crosscall_poll();
    preempt_count_sub(PREEMPT_IRQ);
}

/* Takes what is pending, as the processor does between two instructions while IF is set. */
void interrupts_take(void)
{
    while (irq_enabled() && vcpus[cpu_id()].pending && !is_deaf(&vcpus[cpu_id()])) {
        struct vcpu *v = &vcpus[cpu_id()];
        u32 irq = (u32)__builtin_ctz(v->pending);
        order_write(&v->pending);
        order_local((u32)*order_clock(cpu_id()));
        if (races_on)
            races_acquire(&v->pending);
        v->pending &= ~(1u << irq);
        irq_disable();
        run_handler(irq);
        if (cpu_local()->need_resched && preempt_count() == 0) {
            sim_irqs_on[cpu_id()] = true;
            preempt_schedule();
        }
        sim_irqs_on[cpu_id()] = true; /* IRET; the task may have moved to another CPU meanwhile */
    }
}

void sim_irq_enable(void)
{
    sim_irqs_on[cpu_id()] = true;
    sim_choice_here(STEP_IRQ_ON, 0, CHOICE_READS);
}

void cpu_wait_for_interrupt(void)
{
    u32 here = cpu_id();

    vcpus[here].halted = true;
    while (!vcpus[here].pending)
        sim_choice_here(STEP_HALT, 0, CHOICE_CLOSED);
    vcpus[here].halted = false;
    vcpus[here].deaf_until = 0;
    sim_irqs_on[here] = true;
    interrupts_take();
}

void cpu_send_ipi(u32 cpu, enum ipi ipi)
{
    sim_choice_here(STEP_IPI, &vcpus[cpu].pending, CHOICE_WRITES);
    assert(cpu < sim_cpu_total);
    sim_machine.alone_until_ns = 0;
    if (races_on) {
        races_acquire(&vcpus[cpu].pending); /* who sent one before, and was not heard yet, is not forgotten */
        races_release(&vcpus[cpu].pending, 4);
    }
    vcpus[cpu].pending |= 1u << (ipi == IPI_RESCHED ? SIM_IRQ_RESCHED : SIM_IRQ_CROSSCALL);
}
