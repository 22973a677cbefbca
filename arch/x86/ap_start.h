/* Starting the application processors. */
#pragma once
#include "arch/memmap.h"

#define AP_TRAMPOLINE 0x8000u /* physical; below 1 MiB, which boot/ keeps reserved */

/* What a starting CPU finds in the trampoline page. It takes stack_top by an exchange with 0: a CPU that
 * comes too late finds 0 and halts, so no two ever run on one stack. */
struct ap_mailbox {
    paddr_t root; /* a directory that maps the trampoline page to itself and the kernel where it belongs */
    u32 stack_top;
    u32 entry; /* C function, in the kernel window */
};

/* Starts every CPU that the firmware lists, one after another; reports those that do not answer. Interrupts
 * on, before the scheduler's first tick; allocates. */
void smp_start(void);
/* Lets the started CPUs into the scheduler: cpu_count() does not change any more. */
void smp_release(void);
