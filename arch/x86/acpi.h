/* What ACPI says about processors and interrupts: the MADT and nothing else. */
#pragma once
#include "lib/types.h"

#define ACPI_CPUS_MAX 256

struct acpi_machine {
    paddr_t lapic, ioapic; /* ioapic 0: there is none */
    u32 ioapic_first_input;
    u32 cpus_n;
    u8 apic_ids[ACPI_CPUS_MAX]; /* enabled processors, in the firmware's order */
};
extern struct acpi_machine acpi_machine;

/* Reads the tables behind the root pointer (a copy; 0 bytes: none). Without a usable MADT the machine is one
 * processor with its APIC at the usual place, and the log says so. Boot only. */
void acpi_parse(const void *rsdp, u32 bytes);
