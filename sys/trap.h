/* mm/'s fault_signal_hook. */
#pragma once
#include "mm/fault/fault.h"
/* An access by the running program at `addr` cannot be resolved. Interrupts on; may sleep. */
void fault_to_signal(struct trap_frame *frame, vaddr_t addr, enum fault_result why);
