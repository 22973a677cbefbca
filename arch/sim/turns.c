/* Who can run, and who runs when nobody decides otherwise: see machine.h. */
#include "arch/sim/machine.h"
#include "diag/assert.h"

#undef current /* the field of struct cpu_local is meant here */

/* Longest turn while others could run: a CPU that polls without cpu_relax() must not starve them. It ends by
 * the CPU's own count, so that where it ends does not depend on when it began. */
#define TURN_STEPS 256u

static u32 enabled_cpus(void)
{
    u32 able = 0;

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++) {
        const struct vcpu *v = &vcpus[cpu];
        if (v->started && (v->halted || v->spinning ? interrupts_wait(cpu) : true))
            able |= 1u << cpu;
    }
    return able;
}

static u32 spinning_cpus(void)
{
    u32 spinning = 0;

    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        if (vcpus[cpu].started && vcpus[cpu].spinning)
            spinning |= 1u << cpu;
    return spinning;
}

u32 turn_find_enabled(void)
{
    u32 enabled = enabled_cpus();

    if (enabled)
        return enabled;
    clock_leap();
    return enabled_cpus() | spinning_cpus();
}

u32 turn_usual(u32 cpu, u32 enabled)
{
    const struct vcpu *v = &vcpus[cpu];

    if ((enabled & (1u << cpu)) && !v->spinning && v->turn_steps % TURN_STEPS)
        return cpu;
    for (u32 i = 1; i <= sim_cpu_total; i++) {
        u32 next = (cpu + i) % sim_cpu_total;
        if (enabled & (1u << next))
            return next;
    }
    bug("no CPU can run");
}

void turn_note_step(u32 here, enum step_kind kind)
{
    vcpus[here].spinning = kind == STEP_SPIN;
    if (kind == STEP_SPIN || kind == STEP_HALT)
        return;
    vcpus[here].steps++;
    vcpus[here].turn_steps++;
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        vcpus[cpu].spinning = false;
}

void turn_note_spin(u32 here, bool forgotten)
{
    struct vcpu *v = &vcpus[here];

    if (forgotten)
        v->turn_steps = v->turn_steps_kept;
    else
        v->turn_steps_kept = v->turn_steps;
}

u64 turn_alone_until(u32 here)
{
    u64 until = vcpus[here].next_tick_ns;

    if (vcpus[here].spinning || vcpus[here].pending)
        return 0;
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++) {
        if (cpu == here || !vcpus[cpu].started)
            continue;
        if (!vcpus[cpu].halted || vcpus[cpu].pending)
            return 0;
        until = MIN(until, vcpus[cpu].next_tick_ns);
    }
    return until;
}
