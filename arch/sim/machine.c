/* Virtual CPUs and their turns: see machine.h. */
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/races.h"
#include "arch/sim/strategy.h"
#include "arch/sim/undo.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/trace.h"
#include "sched/task.h"
#include "sync/held.h"

#undef current /* the field of struct cpu_local is meant here */

struct sim_machine sim_machine;
struct cpu_local sim_locals[SIM_CPUS_MAX] = {
    {.self = &sim_locals[0], .counters = &counters[0].v, .spins = &spins_held[0].v}};
struct cpu_local *sim_cpu_now = &sim_locals[0];
bool sim_irqs_on[MAX_CPUS];
u32 sim_cpu_total = 1;

static struct sim_fiber *host;
static bool recording, undoable;
static bool held_still;
static u32 step_limit;

void machine_init(u32 cpus, void (*entry)(void *))
{
    assert(cpus >= 1 && cpus <= SIM_CPUS_MAX);
    sim_cpu_total = cpus;
    for (u32 cpu = 0; cpu < cpus; cpu++) {
        sim_locals[cpu] = (struct cpu_local){.self = &sim_locals[cpu],
                                             .id = cpu,
                                             .trace = &trace_nowhere,
                                             .counters = &per_cpu(counters, cpu),
                                             .spins = &per_cpu(spins_held, cpu)};
        vcpus[cpu] = (struct vcpu){.fiber = fiber_create(entry, (void *)(uintptr_t)cpu)};
    }
    clock_start(cpus);
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
    if (!vcpus[cpu_id()].started)
        machine_start_cpu(cpu_id());
    undo_on = undoable;
    races_watch(true);
    fiber_switch(vcpus[cpu_id()].fiber);
    races_watch(false);
    undo_on = false;
}

void machine_pause(void)
{
    fiber_switch(host);
}

void machine_record(u32 steps, bool undo)
{
    recording = true;
    undoable = undo;
    step_limit = steps;
}

void machine_hold_still(bool still)
{
    held_still = still;
}

u32 machine_step(void)
{
    return recording ? run->steps : 0;
}

/* ---- choice points ---- */

static void go_to(u32 cpu)
{
    if (cpu == cpu_id())
        return;
    sim_machine.alone_until_ns = 0;
    sim_cpu_now = &sim_locals[cpu];
    memory_show_window(mmus[cpu].window);
    fiber_switch(vcpus[cpu].fiber);
}

static void record(const struct choice *c, u32 chosen)
{
    if (run->steps >= step_limit)
        run_finish(RUN_ENDLESS);
    run->step[run->steps++] = (struct step){
        .ip = c->ip,
        .caller = c->caller,
        .addr = (u32)(uintptr_t)c->addr,
        .cpu = (u8)c->here,
        .chosen = (u8)chosen,
        .usual = (u8)c->usual,
        .enabled = (u8)c->enabled,
        .kind = c->kind,
        .pid = current_task() ? current_task()->pid : 0,
    };
}

static u32 choose(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, u32 how, u32 enabled)
{
    struct choice c = {.kind = kind,
                       .addr = addr,
                       .reads = how & CHOICE_READS,
                       .ip = ip,
                       .caller = caller,
                       .here = cpu_id(),
                       .enabled = enabled,
                       .usual = turn_usual(cpu_id(), enabled)};

    if (!recording)
        return c.usual;
    c.step = run->steps;
    u32 chosen = strategy_pick(&c);
    record(&c, chosen);
    return chosen;
}

/* The same step as below where there is nothing to choose and nothing is due: a good half of all steps. */
static bool step_alone(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, u32 how, u32 here)
{
    u64 now = *order_clock(here) + STEP_NS;

    if (now >= sim_machine.alone_until_ns || kind == STEP_SPIN || kind == STEP_HALT || !recording ||
        vcpus[here].pending || run->steps >= strategy_idle_until())
        return false;
    *order_clock(here) = now;
    vcpus[here].steps++;
    vcpus[here].turn_steps++;
    strategy_saw(addr, here, !(how & CHOICE_READS));
    record(&(struct choice){.kind = kind,
                            .addr = addr,
                            .ip = ip,
                            .caller = caller,
                            .here = here,
                            .enabled = 1u << here,
                            .usual = here},
           here);
    return true;
}

static void take_turns(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, u32 how)
{
    clock_step(kind);
    turn_note_step(cpu_id(), kind);
    u32 chosen = choose(kind, addr, ip, caller, how, turn_find_enabled());
    if (chosen & CHOSEN_TICK)
        clock_tick_now(chosen & CHOSEN_CPU);
    if (chosen & CHOSEN_DEAF)
        interrupts_delay(chosen & CHOSEN_CPU);
    go_to(chosen & CHOSEN_CPU);
    sim_machine.alone_until_ns = turn_alone_until(cpu_id());
}

void machine_choice(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, u32 how)
{
    if (fiber_now == host || !host || held_still)
        return; /* the host itself, or a unit test without a machine */
    if (!step_alone(kind, addr, ip, caller, how, cpu_id()))
        take_turns(kind, addr, ip, caller, how);
    if (!(how & CHOICE_CLOSED))
        interrupts_take();
    if (!addr || (how & CHOICE_LATER))
        order_local(kind);
    else if (how & CHOICE_READS)
        order_read(addr);
    else
        order_write(addr);
}

void sim_choice(const volatile void *addr)
{
    sim_choice_here(STEP_ATOMIC, addr, CHOICE_WRITES);
}
void sim_choice_read(const volatile void *addr)
{
    sim_choice_here(STEP_ATOMIC, addr, CHOICE_READS);
}
void sim_relax(void)
{
    turn_note_spin(cpu_id(), order_spin());
    sim_choice_here(STEP_SPIN, 0, CHOICE_READS);
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
    fiber_switch(cpu->fiber);
    return vcpus[cpu_id()].switched_from;
}
