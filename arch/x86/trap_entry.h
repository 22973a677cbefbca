/* What trap_stubs.asm calls. Each gets the frame on the stack; interrupts are off. */
#pragma once
#include "lib/compiler.h"

struct trap_frame;
in_registers void page_fault_trap(struct trap_frame *frame);
void exception_trap(struct trap_frame *frame);
void nmi_trap(struct trap_frame *frame);
void irq_dispatch(struct trap_frame *frame);
void preempt_from_trap(void);
