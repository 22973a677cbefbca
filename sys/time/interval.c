/* Arithmetic of moments that come again: pure, its callers hold the lock. */
#include "sys/time/interval.h"

u64 interval_expire(struct interval *interval, u64 now)
{
    u64 times = 1;
    if (!interval->next || now < interval->next)
        return 0;
    if (!interval->period) {
        interval->next = 0;
        return times;
    }
    times += (now - interval->next) / interval->period;
    interval->next += times * interval->period;
    return times;
}

u64 interval_left(const struct interval *interval, u64 now)
{
    if (!interval->next || now < interval->next)
        return interval->next ? interval->next - now : 0;
    return interval->period ? interval->period - (now - interval->next) % interval->period : 0;
}
