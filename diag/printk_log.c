/* The log ring. One writer at a time (printk's lock); readers look without a lock and may see a line cut. */
#include "diag/printk_log.h"

static_assert((PRINTK_LOG_SIZE & (PRINTK_LOG_SIZE - 1)) == 0, "positions wrap");

static char printk_log[PRINTK_LOG_SIZE];
static u32 printk_log_end; /* bytes ever written */

void printk_log_append(const char *text, size_t n)
{
    u32 end = printk_log_end;
    for (size_t i = 0; i < n; i++)
        printk_log[(end + i) % PRINTK_LOG_SIZE] = text[i];
    __atomic_store_n(&printk_log_end, end + (u32)n, __ATOMIC_RELEASE);
}

size_t printk_log_read(char *to, size_t size, u32 *pos)
{
    u32 end = __atomic_load_n(&printk_log_end, __ATOMIC_ACQUIRE);
    if (end - *pos > PRINTK_LOG_SIZE)
        *pos = end - PRINTK_LOG_SIZE;
    size_t n = MIN(size, (size_t)(end - *pos));
    for (size_t i = 0; i < n; i++)
        to[i] = printk_log[(*pos + i) % PRINTK_LOG_SIZE];
    *pos += (u32)n;
    return n;
}

u32 printk_log_tail(u32 n)
{
    u32 end = __atomic_load_n(&printk_log_end, __ATOMIC_ACQUIRE);
    return end - MIN(n, MIN(end, PRINTK_LOG_SIZE));
}
