/* What a task keeps for the processor. */
#pragma once
#include "lib/compiler.h"

#define FPU_STATE_BYTES 512 /* FXSAVE: SDM vol. 1, 10.5.1 */

/* (o) all of it; the user's %gs lives in the trap frame, like the other selectors. */
struct arch_task {
    u32 esp;       /* saved kernel stack pointer; assembly knows offset 0 */
    u32 esp0;      /* top of its kernel stack: what the TSS gets */
    u64 tls[3];    /* GDT entries 6..8: Linux's set_thread_area slots */
    bool fpu_used; /* fpu[] means something; until then the FPU is off while it runs */
    u8 fpu[FPU_STATE_BYTES] aligned_to(16);
};
/* sys/ calls these for set_thread_area; x86 only. entry 0..2. `task` is current or does not run yet. */
struct task;
void context_set_tls(struct task *task, unsigned entry, u64 descriptor);
/* The frame that a task which entered from user mode stands on: the top of its kernel stack. */
struct trap_frame;
struct trap_frame *context_user_frame(struct task *task);
/* exec: a fresh program has no TLS and a clean FPU. Of current. */
void context_reset_user(void);
/* The running task's FPU state as FXSAVE writes it into `area` (16-aligned); false (nothing written) when it
 * has none. */
bool context_fpu_save(void *area);
/* The same in the form of a signal frame, written to user memory below *sp, which becomes its address, and so
 * does *at; 0 there when the task has no such state. The registers are clean then. False: it cannot be
 * written. Sleeps. */
must_check bool context_fpu_push(vaddr_t *sp, vaddr_t *at);
/* Takes it back from there. False: it cannot be read. Sleeps. */
must_check bool context_fpu_pop(vaddr_t at);
