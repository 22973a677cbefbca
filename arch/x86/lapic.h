/* The local APIC: SDM vol. 3A, chapter 11. */
#pragma once
#include "lib/types.h"

/* Maps the registers (once) and masks the 8259s; then, on each CPU, switches this CPU's APIC on. */
void lapic_map(paddr_t base);
void lapic_init_cpu(void);
u32 lapic_id(void);
void lapic_eoi(void);
u32 lapic_error_status(void);

/* Counts the timer against the TSC; boot CPU, interrupts off, after clock_init(). */
void lapic_timer_calibrate(void);
/* Sleeps until the timer has counted one tick down, with nothing else awake; boot CPU, before smp_start().
 * Interrupts off before and after. */
void lapic_timer_rest(void);
/* Starts this CPU's periodic tick, TICK_HZ. */
void lapic_timer_start(void);
/* Stops it, for tests: what depends on another CPU's interrupt is then not rescued by the tick. */
void lapic_timer_stop(void);

void lapic_send_init(u32 apic_id);
void lapic_send_startup(u32 apic_id, paddr_t entry);
void lapic_send_nmi(u32 apic_id);
