/* Tasks as the processor knows them: stacks, segments, and the switch between them. */
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/fpu.h"
#include "arch/x86/pdesync.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "sched/task.h"

/* switch.asm */
struct task *context_switch_stacks(struct task *from, struct task *to);
void first_run_kernel(void);
void first_run_user(void);

/* What context_switch_stacks pops from the stack of a task that has not run. */
struct first_stack {
    u32 edi, esi, ebx, ebp;
    void (*start)(void);
};

static void set_first_stack(struct task *task, void *top, struct first_stack first)
{
    struct first_stack *at = (struct first_stack *)top - 1;

    *at = first;
    task->arch.esp = (u32)(uintptr_t)at;
    task->arch.esp0 = (u32)(uintptr_t)task->kstack + KSTACK_SIZE;
}

void context_init_kernel(struct task *task, void (*entry)(void *), void *arg)
{
    assert(task->kstack);
    set_first_stack(task, (char *)task->kstack + KSTACK_SIZE - 16,
                    (struct first_stack){
                        .esi = (u32)(uintptr_t)arg, .ebx = (u32)(uintptr_t)entry, .start = first_run_kernel});
}

struct trap_frame *context_user_frame(struct task *task)
{
    return (struct trap_frame *)((char *)task->kstack + KSTACK_SIZE) - 1;
}

void context_init_user(struct task *task, const struct trap_frame *frame)
{
    assert(task->kstack && frame_from_user(frame));
    memmove(context_user_frame(task), frame, sizeof *frame);
    set_first_stack(task, context_user_frame(task), (struct first_stack){.start = first_run_user});
}

/* Flat 32-bit segments only come from sys/; an empty entry makes the selector unusable. */
void context_set_tls(struct task *task, unsigned entry, u64 descriptor)
{
    assert(entry < ARRAY_SIZE(task->arch.tls));
    preempt_disable();
    task->arch.tls[entry] = descriptor;
    if (task == current) {
        cpu_block_here()->gdt[GDT_TLS + entry] = descriptor;
        /* The user's selector is in the frame. In the register it would be loaded again on the way out of
         * every trap in the kernel, and fault there for ever once its entry is empty. */
        __asm__ volatile("movw %w0, %%gs" ::"r"(0));
    }
    preempt_enable();
}

struct task *context_switch(struct task *from, struct task *to)
{
    struct cpu_block *block = cpu_block_here();

    assert(!irq_enabled() && from == current);
    fpu_switch(from, to);
    for (unsigned i = 0; i < ARRAY_SIZE(to->arch.tls); i++)
        block->gdt[GDT_TLS + i] = to->arch.tls[i];
    __asm__ volatile(
        "movw %w0, %%gs" ::"r"(0)); /* the old task's selector means nothing in the new one's table */
    block->tss.esp0 = to->arch.esp0;
    pdesync_before_switch(to->kstack, KSTACK_SIZE);
    cpu_local_set_task(&block->local, to);
    return context_switch_stacks(from, to);
}
