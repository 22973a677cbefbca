/* Switching tasks and starting them. */
#pragma once
#include "lib/compiler.h"
#include <inline/context.h> /* struct arch_task: saved stack pointer, FPU area, TLS descriptors */

struct task;
struct trap_frame;

#define KSTACK_SIZE 8192u

/* First run of a task: calls task_first_run(former) (arch/trap.h: it lets go of the run queue), then
 * entry(arg) on its own kernel stack, interrupts on, preemption count 0. */
void context_init_kernel(struct task *task, void (*entry)(void *), void *arg);
/* First run of a task: task_first_run(former), then leaves to user mode with this frame (copied to the top of
 * its stack). */
void context_init_user(struct task *task, const struct trap_frame *frame);
/* Saves the FPU, registers and TLS of `from`, becomes `to`; returns when `from` runs again. The value
 * returned is the task that ran before it. Enter with interrupts off, preemption off; never touches CR3. */
struct task *context_switch(struct task *from, struct task *to);
/* Called on task death and after fork: releases/copies FPU state. */
void context_release(struct task *task);
void context_copy(struct task *to, const struct task *from);
