/* This CPU's block lives behind %fs: one segment override reaches a field. Offsets are checked in
 * arch/x86/offsets.c. */
#pragma once

#define CPU_LOCAL_READ(field)                                                                                \
    ({                                                                                                       \
        __typeof__(((struct cpu_local *)0)->field) value_;                                                   \
        __asm__ volatile("movl %%fs:%c1, %0" : "=r"(value_) : "i"(offsetof(struct cpu_local, field)));       \
        value_;                                                                                              \
    })

static inline struct cpu_local *cpu_local(void)
{
    return CPU_LOCAL_READ(self);
}
static inline u32 cpu_id(void)
{
    return CPU_LOCAL_READ(id);
}
static inline struct trace_ring *cpu_local_trace(void)
{
    return CPU_LOCAL_READ(trace);
}
static inline struct held_locks *cpu_local_spins(void)
{
    return CPU_LOCAL_READ(spins);
}
static inline struct counters *cpu_local_counters(void)
{
    return CPU_LOCAL_READ(counters);
}
struct cpu_local *cpu_local_of(u32 cpu);
static inline struct task *current_task(void)
{
    return CPU_LOCAL_READ(current);
}
/* For code that meets another CPU's block: below, the word `current` means current_task(). */
static inline struct task *cpu_local_task(const struct cpu_local *cpu)
{
    return READ_ONCE(cpu->current);
}
static inline void cpu_local_set_task(struct cpu_local *cpu, struct task *task)
{
    WRITE_ONCE(cpu->current, task);
}
enum { CPU_LOCAL_CURRENT = offsetof(struct cpu_local, current) };
/* Compared where it lies: two instructions, and no register, for the branch. */
#define CPU_LOCAL_IS_SET(field)                                                                              \
    ({                                                                                                       \
        bool set_;                                                                                           \
        __asm__ volatile("cmpl $0, %%fs:%c1" : "=@ccne"(set_) : "i"(offsetof(struct cpu_local, field)));     \
        set_;                                                                                                \
    })
static inline bool cpu_is_to_resched(void)
{
    return CPU_LOCAL_IS_SET(need_resched);
}
static inline u32 cpu_need_resched(void)
{
    return CPU_LOCAL_READ(need_resched);
}
static inline bool preempt_is_off(void)
{
    return CPU_LOCAL_IS_SET(preempt_count);
}
static inline u32 preempt_count(void)
{
    return CPU_LOCAL_READ(preempt_count);
}
static inline void preempt_count_add(u32 n)
{
    __asm__ volatile("addl %0, %%fs:%c1" ::"ri"(n), "i"(offsetof(struct cpu_local, preempt_count))
                     : "memory", "cc");
}
static inline void preempt_count_sub(u32 n)
{
    __asm__ volatile("subl %0, %%fs:%c1" ::"ri"(n), "i"(offsetof(struct cpu_local, preempt_count))
                     : "memory", "cc");
}

static inline void own_word_add(u32 *word, u32 n)
{
    __asm__ volatile("addl %1, %0" : "+m"(*word) : "ri"(n) : "cc");
}

#define EFLAGS_IF 0x200u
static inline irqflags_t irq_save(void)
{
    irqflags_t flags;
    __asm__ volatile("pushfl; popl %0; cli" : "=r"(flags)::"memory");
    return flags;
}
static inline void irq_restore_silent(irqflags_t flags)
{
    if (flags & EFLAGS_IF)
        __asm__ volatile("sti" ::: "memory");
}
static inline void irq_restore(irqflags_t flags)
{
    if (flags & EFLAGS_IF) {
        irqs_come_on(CALLER_IP());
        irq_restore_silent(flags);
    }
}
static inline bool irq_flags_were_on(irqflags_t flags)
{
    return flags & EFLAGS_IF;
}
static inline void irq_enable(void)
{
    irqs_come_on(CALLER_IP());
    __asm__ volatile("sti" ::: "memory");
}
static inline void irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}
static inline bool irq_enabled(void)
{
    u32 flags;
    __asm__ volatile("pushfl; popl %0" : "=r"(flags));
    return flags & EFLAGS_IF;
}
static inline void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}
static inline u64 cpu_cycles(void)
{
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return ((u64)high << 32) | low;
}
