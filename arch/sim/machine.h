/*
 * The simulated machine: virtual CPUs that take turns in one host thread. Between two choice points exactly
 * one of them runs; which one goes on is the strategy's decision and nothing else's, so a run can be had
 * again.
 */
#pragma once
#include "arch/cpu.h"
#include "arch/sim/fiber.h"
#include "arch/sim/run.h"

enum sim_irq { SIM_IRQ_TIMER, SIM_IRQ_RESCHED, SIM_IRQ_CROSSCALL };

struct vcpu {
    struct sim_fiber *fiber;    /* what it runs */
    u32 pending;                /* bit per enum sim_irq */
    bool started;               /* before, it cannot be chosen: boot has not prepared it */
    bool halted;                /* sleeps until an interrupt is pending */
    bool spinning;              /* relaxed since any other CPU moved */
    struct task *switched_from; /* by its latest context switch */
    u64 next_tick_ns;
};
extern struct vcpu vcpus[SIM_CPUS_MAX];
extern struct cpu_local sim_locals[SIM_CPUS_MAX];
extern u32 sim_cpu_total;

/* Virtual time: a choice point takes this long, so clocks and timer ticks are part of the schedule. */
#define STEP_NS 2000u
extern u64 sim_time_ns;

/* A choice point with what is known of it. `uninterruptible`: inside one instruction, so no interrupt comes
 * here. */
void machine_choice(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, bool uninterruptible);
/* The same with the place filled in: the return address of the function that says it, and of its caller. */
#define sim_choice_here(kind, addr, uninterruptible)                                                         \
    machine_choice(kind, (const volatile void *)(uintptr_t)(addr), CALLER_IP(),                              \
                   frame_caller(__builtin_frame_address(0)), uninterruptible)
static inline u32 frame_caller(void *frame_pointer)
{
    u32 *up = *(u32 **)frame_pointer;
    return up ? up[1] : 0;
}

/* Makes `cpus` virtual CPUs; CPU n will begin in entry(n). */
void machine_init(u32 cpus, void (*entry)(void *));
/* From boot, on CPU 0: this one may run, too. */
void machine_start_cpu(u32 cpu);
/* From the host: lets the machine run until machine_pause(). */
void machine_run(void);
/* From a fiber: back to the host. machine_run() continues after it. */
void machine_pause(void);
/* From here on steps are recorded and limited to `steps`. */
void machine_record(u32 steps);
/* For unit tests that pretend to be other CPUs: while it holds still, choice points are passed without
 * effect. */
void machine_hold_still(bool still);
u32 machine_step(void); /* number of the latest recorded step */
