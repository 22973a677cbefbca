/* The interrupt descriptor table, one for all CPUs. */
#pragma once
#include "lib/compiler.h"

void idt_init(void);
void idt_load(void);
/* Entered through a task gate with the failed task's registers in this CPU's TSS (double_fault.c). */
noreturn void double_fault(void);
