/*
 * The processor we run on: who am I, per-CPU data, interrupts, preemption count.
 *
 * struct cpu_local is found through %fs on x86 and through the running fiber in the explorer. Only its own
 * CPU writes it, except need_resched, which others set before they send IPI_RESCHED.
 */
#pragma once
#include "arch/atomic.h"
#include "arch/cpumask.h"
#include "lib/compiler.h"

struct task;
struct space;
struct trace_ring;
struct held_locks;
struct counters;

/* preempt_count: disable depth in bits 0-15, interrupt nesting in 16-23, NMI in 24. */
#define PREEMPT_ONE 0x00000001u
#define PREEMPT_IRQ 0x00010000u
#define PREEMPT_NMI 0x01000000u

struct cpu_local {
    struct cpu_local *self;
    u32 id;
    struct task *current;
    u32 preempt_count;
    u32 need_resched;           /* set by any CPU, cleared by schedule() here */
    struct space *loaded_space; /* what CR3 holds; never NULL after boot */
    struct trace_ring *trace;   /* where its events go; never NULL */
    struct counters *counters;  /* its events are counted there (diag/counters.h); never NULL */
    struct held_locks *spins;   /* its spinlocks are noted there (sync/held.h); never NULL */
};

typedef u32 irqflags_t;

/* sync/ provides it, in the test image: interrupts are about to come on, and locks may be held that were
 * taken with them off. `ip`: who turns them on. */
#ifdef FL_TEST
void irqs_come_on(vaddr_t ip);
#else
static inline void irqs_come_on(vaddr_t ip) {}
#endif

#include <inline/cpu.h>
/*
 * Each architecture's inline/cpu.h defines, as static inlines:
 *   struct cpu_local *cpu_local(void)      this CPU's block; stable only with preemption off
 *   struct cpu_local *cpu_local_of(u32 cpu)  another's, of a CPU that runs
 *   struct trace_ring *cpu_local_trace(void)  this CPU's; stable only with preemption off
 *   u32 cpu_id(void)                       likewise
 *   struct held_locks *cpu_local_spins(void), struct counters *cpu_local_counters(void)  likewise
 *   struct task *current_task(void)        always stable: a task sees itself
 *   u32 cpu_need_resched(void)             has anybody asked this CPU to switch?
 *   bool cpu_is_to_resched(void), preempt_is_off(void)
 *                                          cpu_need_resched(), preempt_count() != 0, for a branch
 *   u32 preempt_count(void); void preempt_count_add(u32), preempt_count_sub(u32)
 *                                          one instruction each on x86
 *   irqflags_t irq_save(void); void irq_restore(irqflags_t); void irq_enable(void), irq_disable(void)
 *   void irq_restore_silent(irqflags_t)    lockdep is not asked: for hooks in front of the kernel's accesses
 *   bool irq_enabled(void); bool irq_flags_were_on(irqflags_t) says what irq_save() found
 *   void cpu_relax(void)                   the body of a spin (PAUSE)
 *   u64 cpu_cycles(void)                   TSC; the same clock on every CPU within what boot reports
 */
#define current (current_task())

/* Sleep until the next interrupt. Enter with interrupts off; returns with them on (STI;HLT: no wake-up is
 * lost, SDM vol. 2, STI: interrupts are recognised after the next instruction). */
void cpu_wait_for_interrupt(void);

/* Adds to a word that only this CPU writes, and others read with READ_ONCE. One instruction: exact, because
 * an interrupt's own add cannot split it. */
static inline void own_word_add(u32 *word, u32 n);

/* CPUs that run, set before the scheduler starts; cpus 0..cpu_count()-1 are all online. */
u32 cpu_count(void);

enum ipi {
    IPI_RESCHED,   /* look at need_resched on the way out */
    IPI_CROSSCALL, /* run the cross-call mailbox */
};
/* Any context, never sleeps. Delivery is asynchronous. */
void cpu_send_ipi(u32 cpu, enum ipi ipi);
/* Ask every other CPU to print its state and stop (NMI). For panic only. */
void cpu_stop_others(void);

/* Ends the machine: status 0 is success. Under QEMU by isa-debug-exit, else halts. */
noreturn void machine_exit(int status);

/* ---- preemption ---- */
void preempt_schedule(void); /* sched/ provides it: reschedule now, from kernel code */

static inline void preempt_disable(void)
{
    preempt_count_add(PREEMPT_ONE);
    barrier();
}
static inline void preempt_enable_no_resched(void)
{
    barrier();
    preempt_count_sub(PREEMPT_ONE);
}
static inline void preempt_enable(void)
{
    preempt_enable_no_resched();
    if (unlikely(cpu_is_to_resched()) && !preempt_is_off() && irq_enabled())
        preempt_schedule();
}
/* True where sleeping is forbidden: interrupt or NMI handler, preemption off, or interrupts off. */
static inline bool in_atomic(void)
{
    return preempt_is_off() || !irq_enabled();
}
static inline bool in_interrupt(void)
{
    return preempt_count() >= PREEMPT_IRQ;
}

/* ---- per-CPU variables: one cache line or more per CPU, so nothing is shared by accident ---- */
#define PERCPU(type, name)                                                                                   \
    struct percpu_##name {                                                                                   \
        type v;                                                                                              \
    } cacheline_aligned name[MAX_CPUS]
/* The definition of what a header declared as `extern PERCPU(type, name)`. */
#define PERCPU_DEFINE(name) struct percpu_##name name[MAX_CPUS]
#define this_cpu(name)      (name[cpu_id()].v) /* preemption off, or the value may be another CPU's */
#define per_cpu(name, cpu)  (name[cpu].v)
