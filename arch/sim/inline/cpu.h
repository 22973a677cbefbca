/* The running virtual CPU. The machine moves `sim_cpu_now` at every switch, so nobody may keep it across a
 * choice point. */
#pragma once

extern struct cpu_local *sim_cpu_now;
extern bool sim_irqs_on[MAX_CPUS]; /* EFLAGS.IF of each virtual CPU */
void sim_irq_enable(void);         /* a choice point: what is pending comes in here */
void sim_relax(void);              /* a spin: this CPU has nothing to do until another one moves */
u64 sim_cycles(void);

static inline struct cpu_local *cpu_local(void)
{
    return sim_cpu_now;
}
static inline u32 cpu_id(void)
{
    return sim_cpu_now->id;
}
static inline struct trace_ring *cpu_local_trace(void)
{
    return sim_cpu_now->trace;
}
static inline struct held_locks *cpu_local_spins(void)
{
    return sim_cpu_now->spins;
}
static inline struct counters *cpu_local_counters(void)
{
    return sim_cpu_now->counters;
}
struct cpu_local *cpu_local_of(u32 cpu);
static inline struct task *current_task(void)
{
    return sim_cpu_now->current;
}
static inline bool cpu_is_to_resched(void)
{
    return READ_ONCE(sim_cpu_now->need_resched) != 0;
}
static inline u32 cpu_need_resched(void)
{
    return READ_ONCE(sim_cpu_now->need_resched);
}
static inline bool preempt_is_off(void)
{
    return sim_cpu_now->preempt_count != 0;
}
static inline u32 preempt_count(void)
{
    return sim_cpu_now->preempt_count;
}
static inline void preempt_count_add(u32 n)
{
    sim_cpu_now->preempt_count += n;
}
static inline void preempt_count_sub(u32 n)
{
    sim_cpu_now->preempt_count -= n;
}

static inline void own_word_add(u32 *word, u32 n)
{
    __atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline bool irq_enabled(void)
{
    return sim_irqs_on[sim_cpu_now->id];
}
static inline void irq_disable(void)
{
    sim_irqs_on[sim_cpu_now->id] = false;
}
static inline void irq_enable(void)
{
    irqs_come_on(CALLER_IP());
    sim_irq_enable();
}
static inline irqflags_t irq_save(void)
{
    irqflags_t flags = irq_enabled();
    irq_disable();
    return flags;
}
static inline bool irq_flags_were_on(irqflags_t flags)
{
    return flags;
}
static inline void irq_restore_silent(irqflags_t flags)
{
    if (flags)
        sim_irqs_on[sim_cpu_now->id] = true;
}
static inline void irq_restore(irqflags_t flags)
{
#ifdef SIM_SILENT /* the trace's writers: a run is the same whether it is traced or not */
    irq_restore_silent(flags);
#else
    if (flags)
        irq_enable();
#endif
}
static inline void cpu_relax(void)
{
    sim_relax();
}
static inline u64 cpu_cycles(void)
{
    return sim_cycles();
}
