/* Interrupts from devices. */
#pragma once
#include "lib/types.h"

#define IRQ_LINES 24

/* Calls handler, in interrupt context on CPU 0, for each interrupt of an ISA line (0-15) or I/O APIC input.
 * One handler a line; its name is for traces, and must stay; a machine without an I/O APIC gets a line in the
 * log instead. */
void irq_route(u32 line, const char *name, void (*handler)(void));
/* Runs the handler of a message interrupt (arch/message.h); false when `vector` is none. Interrupts off. */
bool message_dispatch(u32 vector);
/* Who takes that vector's messages, or NULL. */
const char *message_name(u32 vector);
