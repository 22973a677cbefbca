/* The scheduler as boot sees it: per-CPU run queues ordered by virtual run time. */
#pragma once
#include "sched/task.h"

#define SLICE_NS 6000000u /* one task's turn when others wait */

/* Makes the code that runs now CPU 0's idle task, and turns preemption off until sched_idle_loop(): tasks may
 * be started, other CPUs run them, this one goes on with boot. Interrupts off. */
void sched_init_boot_cpu(void);
/* Called on each further CPU with its idle task prepared; enters the idle loop and never returns. */
noreturn void sched_start_cpu(void);
noreturn void sched_idle_loop(void);
/* The idle task of a CPU that is to be started (its stack is where the trampoline lands). */
struct task *sched_create_idle(u32 cpu);
/* Runs the best task; returns when the caller runs again. Enter with preemption enabled exactly once or not
 * at all. */
void schedule(void);
/* What an idle CPU does before it sleeps (mm: zeroes frames): true when it did a little and wants to be
 * called again. Interrupts on, preemption on; NULL: nothing. */
extern bool (*sched_idle_work)(void);
/* At each tick of a CPU that runs a program's task; interrupts off, no lock held. sys/ sets it. */
extern void (*sched_tick_hook)(void);
/* How many tasks ran or were runnable lately, in parts of LOAD_ONE: `which` 0 over 1 minute, 1 over 5, 2 over
 * 15. Any context. */
#define LOADS    3u
#define LOAD_ONE 2048u
u32 sched_load_average(u32 which);
/* Makes `cpu` pass through the scheduler soon. Any context. */
void sched_resched_cpu(u32 cpu);
/* Prints for whom `task` waits, and for whom that one, down to the one that is not waiting. Any context. */
void sched_print_wait_chain(struct task *task);
/* The same as text: one sentence without newline, cut to `size`. */
void sched_wait_chain(struct task *task, char *to, size_t size);
/* What `what` is, where that can be said better than by its class's name and its address ("page 3 of tmpfs
 * file 12"); false where it cannot. mm/ sets it. Any context: takes no lock. */
extern bool (*sched_name_of)(const void *what, const char *class_name, char *to, size_t size);

/* One-shot timers, in interrupt context on the CPU that armed them. */
struct timer {
    struct rbnode node;
    u64 expires_ns;
    void (*fn)(struct timer *);
    u32 cpu;
    bool armed;
};
void timer_arm(struct timer *t, u64 expires_ns, void (*fn)(struct timer *));
/* True when it had not fired. On return the function is not running anywhere. */
bool timer_cancel(struct timer *t);
/* When the first timer of a CPU is due; ~0: none is armed. Takes no lock: for dumps, and for the explorer. */
u64 timers_next(u32 cpu);
