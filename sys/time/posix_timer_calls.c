/* timer_create(2), timer_settime(2), timer_getoverrun(2), timer_delete(2). */
#include "arch/user.h"
#include "sys/syscalls.h"
#include "sys/time/posix_timer.h"
#include "sys/time/user_time.h"

#define TIMER_ABSTIME 1u
enum { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 4 };

/* The part of struct sigevent that the kernel reads, i386: sigevent(7). */
struct event {
    u32 value;
    s32 signal;
    u32 notify;
    s32 tid;
};

static struct posix_timer *timer_find(s32 id) must_hold(&process_lock)
{
    struct posix_timer *t;
    list_for_each (t, &process_current()->posix_timers, link) {
        if (t->id == id)
            return t;
    }
    return NULL;
}

/* A process's or a thread's processor time by its number (clock_getcpuclockid(3)): ours only. */
static int choose_cpu_clock(struct posix_timer *t, u32 clock) must_hold(&process_lock)
{
    s32 who = (s32)~clock >> 3;
    if ((clock & 3u) == 3u)
        return -EINVAL;
    if (!(clock & 4u)) {
        t->times = TIMES_PROCESS;
        return !who || who == process_current()->pid ? 0 : process_find(who) ? -EOPNOTSUPP : -EINVAL;
    }
    struct thread *thread = who ? thread_find(who) : thread_current();
    t->times = TIMES_THREAD;
    t->clock_tid = thread ? thread->tid : 0;
    return thread && thread->process == process_current() ? 0 : -EINVAL;
}

static int choose_clock(struct posix_timer *t, u32 clock) must_hold(&process_lock)
{
    t->clock = clock;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        t->times = TIMES_WORLD;
        return 0;
    case CLOCK_PROCESS_CPU:
        t->times = TIMES_PROCESS;
        return 0;
    case CLOCK_THREAD_CPU:
        t->times = TIMES_THREAD;
        t->clock_tid = thread_current()->tid;
        return 0;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return -EOPNOTSUPP; /* to be read only */
    default:
        return (s32)clock < 0 ? choose_cpu_clock(t, clock) : -EINVAL;
    }
}

static int choose_signal(struct posix_timer *t, const struct event *event) must_hold(&process_lock)
{
    u32 notify = event->notify;
    t->silent = notify == SIGEV_NONE;
    t->queued.info.signal = event->signal;
    t->queued.info.field[TIMER_VALUE] = event->value;
    if (notify == SIGEV_NONE)
        return 0;
    if (notify == SIGEV_THREAD_ID) {
        struct thread *thread = thread_find(event->tid);
        if (!thread || thread->process != process_current())
            return -EINVAL;
        t->tid = event->tid;
    } else if (notify != SIGEV_SIGNAL && notify != SIGEV_THREAD) {
        return -EINVAL;
    }
    return event->signal >= 1 && event->signal <= SIGNALS ? 0 : -EINVAL;
}

/* The new timer's number, or -errno. Without an event it is SIGALRM, and its value is the number. */
static s32 create(u32 clock, const struct event *event)
{
    static const struct event alarm = {.signal = SIGALRM};
    struct posix_timer like = {0};
    mutex_lock(&process_lock);
    int error = choose_clock(&like, clock);
    if (!error)
        error = choose_signal(&like, event ? event : &alarm);
    struct posix_timer *t = error ? NULL : posix_timer_create(&like);
    if (t && !event)
        t->queued.info.field[TIMER_VALUE] = (u32)t->id;
    s32 result = error ? error : t ? t->id : -EAGAIN;
    mutex_unlock(&process_lock);
    return result;
}

s32 sys_timer_create(u32 clock, vaddr_t event_at, vaddr_t id_at)
{
    struct event event;
    if (event_at && copy_from_user(&event, event_at, sizeof(event)))
        return -EFAULT;
    s32 id = create(clock, event_at ? &event : NULL);
    if (id < 0)
        return id;
    if (user_store_u32(id_at, (u32)id) == 0)
        return 0;
    (void)sys_timer_delete(id);
    return -EFAULT;
}

/* `value` NULL: only reads. */
static s32 exchange(s32 id, const struct interval *value, bool absolute, struct interval *left)
{
    mutex_lock(&process_lock);
    struct posix_timer *t = timer_find(id);
    int error = t ? posix_timer_exchange(t, value, absolute, left) : -EINVAL;
    mutex_unlock(&process_lock);
    return error;
}

static s32 settime(s32 id, u32 flags, vaddr_t new_value, vaddr_t old_value, bool time64)
{
    struct interval value, left;
    int error = new_value ? user_timer_load(new_value, time64, &value) : -EINVAL;
    if (!error)
        error = exchange(id, &value, flags & TIMER_ABSTIME, &left);
    return error || !old_value ? error : user_timer_store(old_value, time64, &left);
}
s32 sys_timer_settime(s32 id, u32 flags, vaddr_t new_value, vaddr_t old_value)
{
    return settime(id, flags, new_value, old_value, false);
}
s32 sys_timer_settime64(s32 id, u32 flags, vaddr_t new_value, vaddr_t old_value)
{
    return settime(id, flags, new_value, old_value, true);
}

static s32 gettime(s32 id, vaddr_t to, bool time64)
{
    struct interval left;
    int error = exchange(id, NULL, false, &left);
    return error ? error : user_timer_store(to, time64, &left);
}
s32 sys_timer_gettime(s32 id, vaddr_t value)
{
    return gettime(id, value, false);
}
s32 sys_timer_gettime64(s32 id, vaddr_t value)
{
    return gettime(id, value, true);
}

s32 sys_timer_getoverrun(s32 id)
{
    mutex_lock(&process_lock);
    struct posix_timer *t = timer_find(id);
    s32 result = t ? (s32)READ_ONCE(t->overrun) : -EINVAL;
    mutex_unlock(&process_lock);
    return result;
}

s32 sys_timer_delete(s32 id)
{
    mutex_lock(&process_lock);
    struct posix_timer *t = timer_find(id);
    if (t)
        posix_timer_delete(t);
    mutex_unlock(&process_lock);
    return t ? 0 : -EINVAL;
}
