/*
 * The simulated machine: virtual CPUs that take turns in one host thread. Between two choice points exactly
 * one of them runs; which one goes on is the strategy's decision and nothing else's, so a run can be had
 * again.
 */
#pragma once
#include "arch/cpu.h"
#include "arch/sim/fiber.h"
#include "arch/sim/order.h"
#include "arch/sim/run.h"

enum sim_irq { SIM_IRQ_TIMER, SIM_IRQ_RESCHED, SIM_IRQ_CROSSCALL };

struct vcpu {
    struct sim_fiber *fiber; /* what it runs */
    u32 pending;             /* bit per enum sim_irq */
    u32 steps;               /* its own choice points */
    /* The same for the length of turns: a turn of a spin that is forgotten takes back its own, since where a
     * turn ends must follow from the CPU's past. */
    u32 turn_steps, turn_steps_kept;
    u32 deaf_until; /* while `steps` is below this no interrupt reaches it: they are on their way */
    bool started;   /* before, it cannot be chosen: boot has not prepared it */
    bool halted;    /* sleeps until an interrupt is pending */
    bool spinning;  /* relaxed since any other CPU moved */
    struct task *switched_from; /* by its latest context switch */
    u64 next_tick_ns;           /* by its own clock */
};
/* What machine.c and interrupts.c write: these files have no hooks (undo.h), a checkpoint copies all of it.
 */
struct sim_machine {
    struct vcpu vcpu[SIM_CPUS_MAX];
    u64 alone_until_ns; /* until then the running CPU is the only one that can: see machine_choice() */
    u32 idle_leaps, switches_at_leap; /* to see that nobody moves any more */
};
extern struct sim_machine sim_machine;
#define vcpus (sim_machine.vcpu)
extern struct cpu_local sim_locals[SIM_CPUS_MAX];
extern u32 sim_cpu_total;

/* ---- choice points (machine.c) ---- */

/* How the access that follows behaves. */
#define CHOICE_WRITES 0u
#define CHOICE_READS  1u /* two reads of one word need no order between them */
#define CHOICE_LATER  2u /* the access comes after more choice points: whoever makes it tells order.h */
#define CHOICE_CLOSED 4u /* inside one instruction: no interrupt comes here */
/* A choice point with what is known of it; `addr` may be 0. Returns when the running CPU goes on. */
void machine_choice(enum step_kind kind, const volatile void *addr, u32 ip, u32 caller, u32 how);
/* The same with the place filled in: the return address of the function that says it, and of its caller. */
#define sim_choice_here(kind, addr, how)                                                                     \
    machine_choice(kind, (const volatile void *)(uintptr_t)(addr), CALLER_IP(),                              \
                   frame_caller(__builtin_frame_address(0)), how)
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
/* From here on steps are recorded and limited to `steps`; `undo`: and what is written can be taken back. */
void machine_record(u32 steps, bool undo);
/* For unit tests that pretend to be other CPUs: while it holds still, choice points are passed without
 * effect. */
void machine_hold_still(bool still);
u32 machine_step(void); /* number of the latest recorded step */

/* ---- whose turn it is (turns.c) ---- */

/* The running CPU made a step of this kind: it spins, or it moved, and then spinners may look again. */
void turn_note_step(u32 here, enum step_kind kind);
/* Who could go on; where only spinners and sleepers are left, time passes first. */
u32 turn_find_enabled(void);
/* The default schedule: whoever runs goes on; when it cannot or had its turn, the next CPU in order that can.
 */
u32 turn_usual(u32 cpu, u32 enabled);
/* When does the running CPU stop to be the only one that moves? 0: it is not. */
/* A turn of a spin is over (order_spin()). */
void turn_note_spin(u32 here, bool forgotten);
u64 turn_alone_until(u32 here);

/* ---- time and interrupts (interrupts.c) ---- */

/* The running CPU made a step: its clock goes on, and whose tick is due by that clock gets it. */
void clock_step(enum step_kind kind);
/* Nobody can move but spinners: time passes until the next tick of any CPU. */
void clock_leap(void);
/* The chosen CPU's timer interrupt comes now; its clock leaps to where the first armed timer is due. */
void clock_tick_now(u32 cpu);
bool clock_has_use_for_tick(u32 cpu);
/* For tests: this much later, on the running CPU. */
void clock_pass(u64 ns);
/* What is pending for the CPU takes a while longer to arrive. */
void interrupts_delay(u32 cpu);
u32 interrupts_late_for(u32 cpu); /* so many steps of its own */
bool interrupts_wait(u32 cpu);    /* pending, and it would take them */
void interrupts_take(void);
void clock_start(u32 cpus);
