/* Setting the clock up. */
#pragma once
/* Counts the TSC against the PIT and reads the CMOS clock. Boot CPU, interrupts off. */
void clock_init(void);
/* Spins; boot only. */
void clock_delay_us(unsigned us);
/* cmos.c */
void cmos_read(void);
