/* /proc/lockcost: what an uncontended pair of each lock costs here and now. */
#pragma once
#include "lib/compiler.h"

void lock_cost_init(void); /* once, before the first report */
/* One line for each kind of lock, "NAME<tab>CYCLES": the least of many pairs, taken by a task that holds
 * nothing else. Under QEMU's -icount a cycle is an instruction (`make bench`). Sleeps; false when there is no
 * memory. */
bool lock_cost_report(void (*line)(void *ctx, const char *text), void *ctx);
