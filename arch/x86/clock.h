/* Setting the clock up. */
#pragma once
#include "lib/types.h"
/* Counts the TSC against the PIT and reads the CMOS clock. Boot CPU, interrupts off. */
void clock_init(void);
/* Spins; boot only. */
void clock_delay_us(unsigned us);
/* cmos.c */
void cmos_read(void);
/* noise.c: is this the deterministic machine (seed=N)? */
bool clock_is_seeded(void);
