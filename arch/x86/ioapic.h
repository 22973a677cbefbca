/* The I/O APIC: 82093AA data sheet; which ISA line is wired to which input comes from ACPI. */
#pragma once
#include "arch/x86/irq.h"

void ioapic_map(paddr_t base, u32 first_input);
/* ACPI interrupt source override: ISA `line` arrives at `input`; `flags` as in the MADT. */
void ioapic_override(u32 line, u32 input, u32 flags);
u32 ioapic_input_of(u32 line);
/* Delivers the line's interrupts to CPU 0 as `vector`. */
void ioapic_unmask(u32 line, u32 vector);
