/* Virtual CPUs, their turns, their interrupts, their time: see machine.h. */
#include "arch/sim/machine.h"
#include "arch/clock.h"
#include "arch/sim/broken.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/strategy.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/trace.h"
#include "sched/task.h"

#undef current /* the field of struct cpu_local is meant here */

#define TICK_NS (1000000000u / TICK_HZ)
/* Longest turn while others could run: a CPU that polls without cpu_relax() must not starve them. */
#define TURN_STEPS 256u
/* So many ticks in which no CPU switched tasks, everybody halted: nobody will ever wake anybody. */
#define DEAD_TICKS 1000u

struct vcpu vcpus[SIM_CPUS_MAX];
struct cpu_local sim_locals[SIM_CPUS_MAX] = {{.self = &sim_locals[0]}};
struct cpu_local *sim_cpu_now = &sim_locals[0];
bool sim_irqs_on[MAX_CPUS];
u32 sim_cpu_total = 1;
u64 sim_time_ns;

static struct sim_fiber *host;
static bool recording;
static bool held_still;
static u32 step_limit;
static u32 turn_steps;
static u32 idle_ticks;

void machine_init(u32 cpus, void (*entry)(void *))
{
    assert(cpus >= 1 && cpus <= SIM_CPUS_MAX);
    sim_cpu_total = cpus;
    for (u32 cpu = 0; cpu < cpus; cpu++) {
        sim_locals[cpu] = (struct cpu_local){.self = &sim_locals[cpu], .id = cpu, .trace = &trace_nowhere};
        vcpus[cpu] = (struct vcpu){
            .fiber = fiber_create(entry, (void *)(uintptr_t)cpu),
            .next_tick_ns =
                TICK_NS + cpu * (TICK_NS / SIM_CPUS_MAX), /* apart, so that ticks do not come in step */
        };
    }
}

struct cpu_local *cpu_local_of(u32 cpu)
{
    return &sim_locals[cpu];
}

void machine_start_cpu(u32 cpu)
{
    vcpus[cpu].started = true;
}

void machine_run(void)
{
    host = fiber_now;
    machine_start_cpu(cpu_id());
    fiber_switch(vcpus[cpu_id()].fiber);
}

void machine_pause(void)
{
    fiber_switch(host);
}

void machine_record(u32 steps)
{
    recording = true;
    step_limit = steps;
    turn_steps = 0;
    idle_ticks = 0;
    run->steps = 0;
}

void machine_hold_still(bool still)
{
    held_still = still;
}

u32 machine_step(void)
{
    return recording ? run->steps : 0;
}

/* ---- who can run ---- */

static bool can_run(u32 cpu)
{
    return vcpus[cpu].started && (!vcpus[cpu].halted || vcpus[cpu].pending);
}

static u32 enabled_cpus(void)
{
    u32 able = 0, spinning = 0;

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++) {
        if (!can_run(cpu))
            continue;
        if (vcpus[cpu].spinning && !vcpus[cpu].pending)
            spinning |= 1u << cpu;
        else
            able |= 1u << cpu;
    }
    return able ? able : spinning;
}

static void note_ticks(void)
{
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++) {
        if (sim_time_ns < vcpus[cpu].next_tick_ns)
            continue;
        vcpus[cpu].pending |= 1u << SIM_IRQ_TIMER;
        vcpus[cpu].next_tick_ns += TICK_NS * (1 + (sim_time_ns - vcpus[cpu].next_tick_ns) / TICK_NS);
    }
}

/* Everybody is halted: time passes until the next tick. */
static void leap_to_next_tick(void)
{
    u64 next = vcpus[0].next_tick_ns;

    for (u32 cpu = 1; cpu < sim_cpu_total; cpu++)
        next = MIN(next, vcpus[cpu].next_tick_ns);
    if (++idle_ticks > DEAD_TICKS * sim_cpu_total && !is_blind(BLIND_DEADLOCK))
        sim_fail("deadlock: every CPU is idle and no task that waits can ever be woken");
    sim_time_ns = next;
    note_ticks();
}

/* The default schedule: whoever runs goes on; when it cannot or had its turn, the next CPU in order that can.
 */
static u32 usual_choice(u32 cpu, u32 enabled)
{
    if ((enabled & (1u << cpu)) && turn_steps < TURN_STEPS)
        return cpu;
    for (u32 i = 1; i <= sim_cpu_total; i++) {
        u32 next = (cpu + i) % sim_cpu_total;
        if (enabled & (1u << next))
            return next;
    }
    bug("no CPU can run");
}

static void go_to(u32 cpu)
{
    if (cpu == cpu_id())
        return;
    turn_steps = 0;
    sim_cpu_now = &sim_locals[cpu];
    memory_show_window(mmus[cpu].window);
    fiber_switch(vcpus[cpu].fiber);
}

/* ---- interrupts ---- */

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
static void take_interrupts(void)
{
    while (irq_enabled() && vcpus[cpu_id()].pending) {
        u32 irq = (u32)__builtin_ctz(vcpus[cpu_id()].pending);
        vcpus[cpu_id()].pending &= ~(1u << irq);
        irq_disable();
        run_handler(irq);
        if (cpu_local()->need_resched && preempt_count() == 0) {
            sim_irqs_on[cpu_id()] = true;
            preempt_schedule();
        }
        sim_irqs_on[cpu_id()] = true; /* IRET; the task may have moved to another CPU meanwhile */
    }
}

/* ---- choice points ---- */

static void record(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, u32 enabled, u32 usual,
                   u32 chosen)
{
    if (run->steps >= step_limit)
        run_finish(RUN_ENDLESS);
    run->step[run->steps++] = (struct step){
        .ip = ip,
        .caller = caller,
        .addr = (u32)(uintptr_t)addr,
        .cpu = (u8)cpu_id(),
        .chosen = (u8)chosen,
        .usual = (u8)usual,
        .enabled = (u8)enabled,
        .kind = kind,
        .pid = current_task() ? current_task()->pid : 0,
    };
}

void machine_choice(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, bool uninterruptible)
{
    if (fiber_now == host || !host || held_still)
        return; /* the host itself, or a unit test without a machine */
    u32 here = cpu_id(), enabled, chosen;

    sim_time_ns += STEP_NS;
    turn_steps++;
    note_ticks();
    vcpus[here].spinning = kind == STEP_SPIN;
    for (u32 cpu = 0; kind != STEP_SPIN && kind != STEP_HALT && cpu < sim_cpu_total; cpu++)
        vcpus[cpu].spinning = false;
    while (!(enabled = enabled_cpus()))
        leap_to_next_tick();
    chosen = usual_choice(here, enabled);
    if (recording) {
        u32 usual = chosen;
        chosen = strategy_pick(run->steps, here, enabled, usual, kind);
        record(kind, addr, ip, caller, enabled, usual, chosen);
    }
    go_to(chosen);
    if (!uninterruptible)
        take_interrupts();
}

void sim_choice(const volatile void *addr)
{
    sim_choice_here(STEP_ATOMIC, addr, false);
}
void sim_relax(void)
{
    sim_choice_here(STEP_SPIN, 0, false);
}

void sim_irq_enable(void)
{
    sim_irqs_on[cpu_id()] = true;
    sim_choice_here(STEP_IRQ_ON, 0, false);
}

void cpu_wait_for_interrupt(void)
{
    u32 here = cpu_id();

    vcpus[here].halted = true;
    while (!vcpus[here].pending)
        sim_choice_here(STEP_HALT, 0, true);
    vcpus[here].halted = false;
    sim_irqs_on[here] = true;
    take_interrupts();
}

void cpu_send_ipi(u32 cpu, enum ipi ipi)
{
    sim_choice_here(STEP_IPI, &vcpus[cpu], false);
    assert(cpu < sim_cpu_total);
    vcpus[cpu].pending |= 1u << (ipi == IPI_RESCHED ? SIM_IRQ_RESCHED : SIM_IRQ_CROSSCALL);
}

/* ---- switching tasks ---- */

struct task *context_switch(struct task *from, struct task *to)
{
    struct vcpu *cpu = &vcpus[cpu_id()];

    assert(!irq_enabled());
    assert(to->arch.fiber != NULL);
    from->arch.fiber = cpu->fiber;
    cpu->fiber = to->arch.fiber;
    cpu->switched_from = from;
    cpu_local()->current = to;
    idle_ticks = 0;
    fiber_switch(cpu->fiber);
    return vcpus[cpu_id()].switched_from;
}
