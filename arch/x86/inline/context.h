/* What a task keeps for the processor. */
#pragma once

struct arch_task {
    u32 esp;               /* saved kernel stack pointer; assembly knows offset 0 */
    u32 esp0;              /* top of its kernel stack: what the TSS gets */
    u32 user_gs;           /* selector of user mode, saved at a switch */
    u64 tls[3];            /* GDT entries 6..8: Linux's set_thread_area slots */
    void *fpu;             /* 512-byte FXSAVE area, 16-aligned; NULL until first use */
};
/* sys/ calls these for set_thread_area; x86 only. entry 0..2. */
struct task;
void context_set_tls(struct task *task, unsigned entry, u64 descriptor);
/* The frame that a task which entered from user mode stands on: the top of its kernel stack. */
struct trap_frame;
struct trap_frame *context_user_frame(struct task *task);
