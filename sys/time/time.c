/* Clocks and sleeps: clock_gettime(2), nanosleep(2). */
#include "arch/clock.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "sys/futex/futex.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

#define SECONDS_MAX (~0ull / 2 / NS_PER_SEC) /* 292 years: added to any moment it is one still */

int user_time_load(vaddr_t from, bool time64, u64 *ns)
{
    s64 wide[2];
    s32 narrow[2];
    if (time64 ? copy_from_user(wide, from, sizeof(wide)) : copy_from_user(narrow, from, sizeof(narrow)))
        return -EFAULT;
    s64 seconds = time64 ? wide[0] : narrow[0];
    s32 rest = time64 ? (s32)wide[1] : narrow[1]; /* the upper half of a 64-bit tv_nsec is padding on i386 */
    if (seconds < 0 || rest < 0 || rest >= (s32)NS_PER_SEC)
        return -EINVAL;
    *ns = MIN((u64)seconds, SECONDS_MAX) * NS_PER_SEC + (u32)rest;
    return 0;
}

int user_time_store(vaddr_t to, bool time64, u64 ns)
{
    const u64 wide[2] = {ns / NS_PER_SEC, ns % NS_PER_SEC};
    const u32 narrow[2] = {(u32)wide[0], (u32)wide[1]};
    return time64 ? copy_to_user(to, wide, sizeof(wide)) : copy_to_user(to, narrow, sizeof(narrow));
}

int user_timer_load(vaddr_t from, bool time64, struct interval *to)
{
    u32 size = time64 ? 16 : 8;
    int error = user_time_load(from, time64, &to->period);
    return error ? error : user_time_load(from + size, time64, &to->next);
}

int user_timer_store(vaddr_t to, bool time64, const struct interval *from)
{
    u32 size = time64 ? 16 : 8;
    int error = user_time_store(to, time64, from->period);
    return error ? error : user_time_store(to + size, time64, from->next);
}

static u64 wall_offset(void)
{
    return clock_wall_seconds() * NS_PER_SEC;
}

u64 time_from_wall(u64 wall_ns)
{
    return wall_ns > wall_offset() ? wall_ns - wall_offset() : 0;
}

u64 time_from_clock(u32 clock, u64 ns)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_TAI ? time_from_wall(ns) : ns;
}

/* What others have used: the number's complement over 8 says who (0: the caller), bit 2 thread or process,
 * the lowest two which kind of time, of which there is one. clock_getcpuclockid(3). */
static bool clock_read_other(u32 clock, u64 *ns)
{
    s32 who = (s32)~clock >> 3;
    if ((clock & 3u) == 3u)
        return false;
    mutex_lock(&process_lock);
    struct thread *thread = !(clock & 4u) ? NULL : who ? thread_find(who) : thread_current();
    struct process *process = clock & 4u ? NULL : who ? process_find(who) : process_current();
    if (thread)
        *ns = usage_of_task(thread->task).ns;
    else if (process)
        *ns = usage_of_process(process).ns;
    mutex_unlock(&process_lock);
    return thread || process;
}

static bool clock_read(u32 clock, u64 *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *ns = wall_offset() + clock_ns();
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ns = clock_ns();
        return true;
    case CLOCK_PROCESS_CPU:
        *ns = usage_of_process(process_current()).ns;
        return true;
    case CLOCK_THREAD_CPU:
        *ns = usage_of_task(current).ns;
        return true;
    default:
        return (s32)clock < 0 && clock_read_other(clock, ns);
    }
}

static s32 clock_get(u32 clock, vaddr_t to, bool time64)
{
    u64 ns;
    return clock_read(clock, &ns) ? user_time_store(to, time64, ns) : -EINVAL;
}
s32 sys_clock_gettime(u32 clock, vaddr_t to)
{
    return clock_get(clock, to, false);
}
s32 sys_clock_gettime64(u32 clock, vaddr_t to)
{
    return clock_get(clock, to, true);
}

static s32 clock_resolution(u32 clock, vaddr_t to, bool time64)
{
    u64 unused;
    if (!clock_read(clock, &unused))
        return -EINVAL;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    return to ? user_time_store(to, time64, coarse ? NS_PER_SEC / TICK_HZ : 1) : 0;
}
s32 sys_clock_getres(u32 clock, vaddr_t to)
{
    return clock_resolution(clock, to, false);
}
s32 sys_clock_getres_time64(u32 clock, vaddr_t to)
{
    return clock_resolution(clock, to, true);
}

s32 sys_gettimeofday(vaddr_t to, vaddr_t zone)
{
    u64 ns = wall_offset() + clock_ns();
    const u32 tv[2] = {(u32)(ns / NS_PER_SEC), (u32)(ns % NS_PER_SEC) / 1000u};
    if (to && copy_to_user(to, tv, sizeof(tv)))
        return -EFAULT;
    return zone ? clear_user(zone, 8) : 0;
}

s32 sys_time(vaddr_t to)
{
    u32 now = (u32)((wall_offset() + clock_ns()) / NS_PER_SEC);
    return to && user_store_u32(to, now) ? -EFAULT : (s32)now;
}

static s32 sleep_again(void);

/* Sleeps to the deadline; what is left goes to `remaining` when a signal was first. */
static s32 sleep_to(u64 deadline, vaddr_t remaining, bool time64)
{
    might_sleep();
    for (;;) {
        task_set_state(TASK_INTERRUPTIBLE);
        bool signalled = task_signal_pending(current);
        bool late = !signalled && clock_ns() >= deadline;
        if (!signalled && !late)
            late = !task_sleep_until(deadline);
        task_set_state(TASK_RUNNING);
        if (late)
            return 0;
        if (signalled)
            break;
    }
    u64 now = clock_ns();
    if (remaining && user_time_store(remaining, time64, deadline > now ? deadline - now : 0))
        return -EFAULT;
    struct thread *t = thread_current();
    t->restart.again = sleep_again;
    t->restart.deadline = deadline;
    t->restart.at = remaining;
    t->restart.time64 = time64;
    return -ERESTART_BLOCK;
}

static s32 sleep_again(void)
{
    const struct thread *t = thread_current();
    return sleep_to(t->restart.deadline, t->restart.at, t->restart.time64);
}

s32 sys_restart_syscall(void)
{
    const struct thread *t = thread_current();
    return t->restart.again ? t->restart.again() : -EINTR;
}

#define TIMER_ABSTIME 1u

static s32 clock_sleep(u32 clock, u32 flags, vaddr_t time, vaddr_t remaining, bool time64)
{
    u64 ns, now = clock_ns(), unused;
    int error = user_time_load(time, time64, &ns);
    if (error)
        return error;
    if (!clock_read(clock, &unused) || clock == CLOCK_THREAD_CPU)
        return -EINVAL;
    if (clock >= CLOCK_MONOTONIC_RAW && clock <= CLOCK_MONOTONIC_COARSE)
        return -EOPNOTSUPP; /* to be read only */
    if (!(flags & TIMER_ABSTIME))
        return sleep_to(now + ns < now ? NO_DEADLINE : now + ns, remaining, time64);
    s32 result = sleep_to(time_from_clock(clock, ns), 0, time64);
    return result == -ERESTART_BLOCK ? -ERESTARTNOHAND
                                     : result; /* a moment stays the same: the whole call runs again */
}

s32 sys_nanosleep(vaddr_t time, vaddr_t remaining)
{
    return clock_sleep(CLOCK_MONOTONIC, 0, time, remaining, false);
}
s32 sys_clock_nanosleep(u32 clock, u32 flags, vaddr_t time, vaddr_t remaining)
{
    return clock_sleep(clock, flags, time, remaining, false);
}
s32 sys_clock_nanosleep_time64(u32 clock, u32 flags, vaddr_t time, vaddr_t remaining)
{
    return clock_sleep(clock, flags, time, remaining, true);
}
