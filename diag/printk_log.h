/* The log ring: the last 32 KiB that the kernel said, for syslog(2) and for a debugger (`p printk_log`). */
#pragma once
#include "lib/compiler.h"

#define PRINTK_LOG_SIZE 32768u /* a power of two: positions wrap with the u32 */

/* printk only, under its lock. */
void printk_log_append(const char *text, size_t n);
/* Copies at most `size` bytes of the log from position *pos on and moves *pos behind them; returns how many.
 * A position that was overwritten moves to the oldest byte kept. Begin with 0 or printk_log_tail(). Any
 * context; a line that is being written meanwhile may come out cut. */
size_t printk_log_read(char *to, size_t size, u32 *pos);
/* The position of its last `n` bytes, or of the oldest byte where there are not so many. Any context. */
u32 printk_log_tail(u32 n);
