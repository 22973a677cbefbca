/*
 * What the processor's traps look like from above, and the functions that the kernel above must provide.
 * An architecture calls these; each names the file that defines it.
 */
#pragma once
#include "lib/types.h"
#include <inline/trap.h> /* struct trap_frame and its accessors: frame_ip, frame_sp, frame_from_user, ... */

struct task;

/* Page-fault error code, SDM vol. 3A, 4.7. */
#define PF_PRESENT 1u /* 0: entry not present, 1: protection */
#define PF_WRITE   2u
#define PF_USER    4u

/* mm/fault/fault_entry.c. For the trace: the address is saved, and interrupts are still off (S33). */
void page_fault_seen(struct trap_frame *frame, vaddr_t addr);
/* mm/fault/fault_entry.c. `addr` was read from CR2 with interrupts off, and they are on again if the faulting
 * code had them on (R33, S33). Resolves the fault, raises a signal, fixes up a kernel user-access, or oopses.
 */
void page_fault_entry(struct trap_frame *frame, vaddr_t addr);
/* sys/syscall.c. Interrupts on. Reads number and arguments from the frame and writes the result into it. */
void syscall_entry(struct trap_frame *frame);
/* What the stub calls: syscall_entry(), or with lockdep on one that looks for locks left held as well. */
extern void (*syscall_handler)(struct trap_frame *frame);
/* sys/trap.c. A user-mode exception other than #PF and #NM (vector, error code): becomes a signal. */
void user_exception(struct trap_frame *frame, u32 vector, u32 code);
/* sys/signal/deliver.c. On every way back to user mode while task_work_pending(): delivers signals, handles
 * death. Interrupts on, may sleep, may not return (exit). */
void user_return_work(struct trap_frame *frame);
/* sched/tick.c. Each LAPIC timer interrupt, interrupts off. */
void timer_tick(bool from_user);
/* sched/switch.c. The first thing a new task does on its own stack, before interrupts come on: the stubs that
 * context_init_kernel() and context_init_user() prepare call it with the task that ran before (what
 * context_switch() returns to everybody else). Enter with interrupts off, as context_switch() was entered;
 * returns with preemption count 0 and interrupts still off: the stub turns them on. */
void task_first_run(struct task *former);
/* sync/crosscall.c. IPI_CROSSCALL arrived; also polled from every spin. */
void crosscall_poll(void);
/* diag/panic.c. A kernel exception with no fix-up. Does not return. */
void kernel_oops(struct trap_frame *frame, const char *what, vaddr_t addr, u32 code);
/* arch/ARCH/trap.c. Prints the registers of a frame by printk, one or a few whole lines. Any context, NMI
 * included. */
void frame_print(const struct trap_frame *frame);
/* diag/panic.c. NMI: a dump request from the watchdog or a stop from a panicking CPU. */
void nmi_entry(struct trap_frame *frame);

/* The landing address for a kernel instruction that may fault on user memory, or 0. */
vaddr_t fixup_find(vaddr_t ip);

/* Each source of interrupts that somebody answers for: its number, and the handler's name. Any context. */
void interrupts_report(void (*row)(void *ctx, u32 source, const char *name), void *ctx);
/* How many of a source's `cpu` has taken since boot. */
u32 interrupts_taken(u32 cpu, u32 source);
