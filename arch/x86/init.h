/* The order in which boot/ brings this architecture up; each documents itself in its own header. */
#pragma once
#include "arch/x86/acpi.h"
#include "arch/x86/ap_start.h"
#include "arch/x86/clock.h"
#include "arch/x86/console.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/lapic.h"
#include "arch/x86/paging.h"

/* The interrupt controllers that acpi_parse() found, on the boot CPU; the tick is calibrated, not started. */
void interrupts_init(void);
