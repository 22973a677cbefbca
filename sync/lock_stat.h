/* /proc/lock_stat: per class, reads and writes apart, the columns of Linux's. Times in cycles until printed.
 */
#pragma once
#include "sync/held.h"

/* Recording costs one predictable branch when off. lockstat=on|off; on by default in the test image. */
extern unsigned lock_stat_on;

/* A lock was acquired at `ip`: `waited` cycles (0: at once), `bounced`: last held on another CPU. This CPU's
 * lines only. */
void lock_stat_acquired(struct lock_class *class, enum lock_mode mode, u32 waited, bool contended,
                        bool bounced, vaddr_t ip);
void lock_stat_released(struct lock_class *class, enum lock_mode mode, u32 held);
/* Prints the table of the `most` most contended through `line`, and after it the places in the code that
 * waited most. */
void lock_stat_report(void (*line)(void *ctx, const char *text), void *ctx, unsigned most);
void lock_stat_reset(void);
