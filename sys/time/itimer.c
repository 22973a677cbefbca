/* The alarm clock: a timer that sends SIGALRM from interrupt context. */
#include "sys/time/itimer.h"
#include "arch/clock.h"
#include "arch/user.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static void itimer_fired(struct timer *timer)
{
    struct process *process = container_of(timer, struct process, itimer);
    const struct siginfo info = {.signal = SIGALRM, .code = SI_KERNEL};
    signal_send_process(process, &info);
    u64 interval = READ_ONCE(process->itimer_interval);
    if (!interval) {
        process->itimer_next = 0;
        return;
    }
    process->itimer_next = MAX(process->itimer_next + interval, clock_ns());
    timer_arm(timer, process->itimer_next, itimer_fired);
}

/* The cancel is what makes the fields ours: after it the function above runs nowhere. */
void itimer_set(struct process *process, u64 first, u64 interval, u64 *old_left, u64 *old_interval)
{
    u64 now = clock_ns();
    u64 was = process->itimer_next ? process->itimer_interval : 0;
    WRITE_ONCE(process->itimer_interval, 0); /* a firing that is under way does not arm it again */
    if (process->itimer.fn)
        timer_cancel(&process->itimer);
    u64 next = process->itimer_next;
    *old_left = next > now ? next - now : next ? 1000 : 0;
    *old_interval = was;
    process->itimer_interval = interval;
    process->itimer_next = first ? now + first : 0;
    if (first)
        timer_arm(&process->itimer, now + first, itimer_fired);
}

static void to_timeval(u64 ns, u32 *pair)
{
    pair[0] = (u32)(ns / 1000000000u);
    pair[1] = (u32)(ns % 1000000000u) / 1000u;
}

static u64 from_timeval(const u32 *pair)
{
    return (u64)pair[0] * 1000000000u + (u64)pair[1] * 1000u;
}

/* The process's timer is one; (P) keeps two threads from setting it at once. */
static void itimer_exchange(u64 first, u64 interval, u64 *old_left, u64 *old_interval)
{
    mutex_lock(&process_lock);
    itimer_set(process_current(), first, interval, old_left, old_interval);
    mutex_unlock(&process_lock);
}

static void timer_read(u32 which, u64 *left, u64 *interval)
{
    struct process *process = process_current();
    if (which != ITIMER_REAL)
        return cpu_timer_read(process, which - ITIMER_VIRTUAL, left, interval);
    u64 next = process->itimer_next, now = clock_ns();
    *left = next > now ? next - now : 0;
    *interval = next ? process->itimer_interval : 0;
}

s32 sys_setitimer(u32 which, vaddr_t new_value, vaddr_t old_value)
{
    u32 t[4] = {0};
    u64 left, interval;
    if (which > ITIMER_PROF)
        return -EINVAL;
    if (new_value && copy_from_user(t, new_value, sizeof(t)))
        return -EFAULT;
    if ((s32)t[0] < 0 || t[1] >= 1000000 || (s32)t[2] < 0 || t[3] >= 1000000)
        return -EINVAL;
    if (which == ITIMER_REAL) {
        itimer_exchange(from_timeval(t + 2), from_timeval(t), &left, &interval);
    } else {
        timer_read(which, &left, &interval);
        cpu_timer_set(process_current(), which - ITIMER_VIRTUAL, from_timeval(t + 2), from_timeval(t));
    }
    to_timeval(interval, t);
    to_timeval(left, t + 2);
    return old_value ? copy_to_user(old_value, t, sizeof(t)) : 0;
}

s32 sys_getitimer(u32 which, vaddr_t value)
{
    u32 t[4];
    u64 left, interval;
    if (which > ITIMER_PROF)
        return -EINVAL;
    timer_read(which, &left, &interval);
    to_timeval(interval, t);
    to_timeval(left, t + 2);
    return copy_to_user(value, t, sizeof(t));
}

/* To the nearest second, but never to none: alarm(2) of Linux. */
s32 sys_alarm(u32 seconds)
{
    u64 left, interval;
    itimer_exchange(seconds * NS_PER_SEC, 0, &left, &interval);
    return (s32)(left && left < NS_PER_SEC / 2 ? 1 : (left + NS_PER_SEC / 2) / NS_PER_SEC);
}
