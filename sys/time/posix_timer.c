/* POSIX timers: expiring, setting, reading. posix_timer.h says who meets whom. */
#include "sys/time/posix_timer.h"
#include "arch/clock.h"
#include "diag/assert.h"
#include "mm/kernel/slab.h"
#include "sys/signal/private.h"
#include "sys/time/itimer.h"
#include "sys/time/user_time.h"

#define OVERRUN_MAX 0x7fffffffu /* DELAYTIMER_MAX: timer_getoverrun(2) */

/* A thread of the process that has not ended, or NULL. Under signal_lock. */
static struct thread *thread_of(struct process *process, s32 tid)
{
    struct thread *thread;
    spin_assert_held(&process->signal_lock);
    list_for_each (thread, &process->threads, link) {
        if (thread->tid == tid)
            return thread;
    }
    return NULL;
}

/* ---- expiring ---- */

/* queued_signal.taken */
static void signal_taken(struct queued_signal *queued)
{
    struct posix_timer *t = container_of(queued, struct posix_timer, queued);
    t->overrun = queued->info.field[TIMER_OVERRUN];
}

/* One signal is pending for a timer at most: what expires meanwhile is told with it. */
static void tell_locked(struct posix_timer *t, u64 times)
{
    struct process *process = t->process;
    u32 *overruns = &t->queued.info.field[TIMER_OVERRUN];
    struct thread *thread = NULL;
    if (!list_is_empty(&t->queued.link)) {
        *overruns += (u32)MIN(times, OVERRUN_MAX - *overruns);
        return;
    }
    if (t->tid && !(thread = thread_of(process, t->tid)))
        return; /* it has ended: nobody else was meant */
    *overruns = (u32)MIN(times - 1, OVERRUN_MAX);
    signal_queue_kept_locked(process, thread, &t->queued);
}

static void expire_locked(struct posix_timer *t, u64 now)
{
    u64 times = interval_expire(&t->when, now);
    if (times && !t->silent)
        tell_locked(t, times);
}

static void timer_fired(struct timer *timer)
{
    struct posix_timer *t = container_of(timer, struct posix_timer, timer);
    irqflags_t flags = spin_lock_irq_save(&t->process->signal_lock);
    expire_locked(t, clock_ns());
    if (t->when.next)
        timer_arm(timer, t->when.next, timer_fired);
    spin_unlock_irq_restore(&t->process->signal_lock, flags);
}

void posix_timers_look_locked(struct process *process, u64 used)
{
    struct posix_timer *t, *next;
    spin_assert_held(&process->signal_lock);
    list_for_each_safe (t, next, &process->cpu_armed, cpu_link) {
        if (t->times == TIMES_PROCESS)
            expire_locked(t, used);
        else if (t->clock_tid == thread_current()->tid)
            expire_locked(t, usage_of_task(current).ns);
        if (!t->when.next)
            list_remove(&t->cpu_link);
    }
    cpu_timer_watch(process);
}

/* ---- setting and reading ---- */

/* What its clock says. False: of a thread that has ended. */
static bool clock_of(struct posix_timer *t, u64 *now) must_hold(&process_lock)
{
    if (t->times == TIMES_WORLD) {
        *now = clock_ns();
    } else if (t->times == TIMES_PROCESS) {
        *now = usage_of_process(t->process).ns;
    } else {
        struct thread *thread = thread_find(t->clock_tid);
        if (!thread || thread->process != t->process)
            return false;
        *now = usage_of_task(thread->task).ns;
    }
    return true;
}

/* Who sleeps or spins for it waits for nothing of ours: no lock but (P) is held at the cancel. */
static void disarm(struct posix_timer *t) must_hold(&process_lock)
{
    struct process *process = t->process;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    t->when = (struct interval){0, 0};
    list_remove(&t->cpu_link);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    timer_cancel(&t->timer);
}

static void arm(struct posix_timer *t, const struct interval *when, u64 now) must_hold(&process_lock)
{
    struct process *process = t->process;
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    t->when = *when;
    t->overrun = 0;
    if (t->times == TIMES_WORLD && !t->silent) {
        expire_locked(t, now); /* a moment that is over is told at once */
        if (t->when.next)
            timer_arm(&t->timer, t->when.next, timer_fired);
    } else if (t->times != TIMES_WORLD && t->when.next) {
        list_push_back(&process->cpu_armed, &t->cpu_link);
    }
    cpu_timer_watch(process);
    spin_unlock_irq_restore(&process->signal_lock, flags);
}

/* A length or a moment of the timer's clock, as a moment that is not 0, which would be off. */
static struct interval moment_of(const struct posix_timer *t, const struct interval *value, bool absolute,
                                 u64 now)
{
    struct interval when = {0, value->period};
    if (value->next && absolute)
        when.next = MAX(t->times == TIMES_WORLD ? time_from_clock(t->clock, value->next) : value->next, 1u);
    else if (value->next)
        when.next = now + value->next;
    return when;
}

int posix_timer_exchange(struct posix_timer *t, const struct interval *value, bool absolute,
                         struct interval *left)
{
    struct process *process = t->process;
    u64 now;
    bool counts = clock_of(t, &now);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    *left = (struct interval){0, t->when.period};
    if (counts)
        left->next = interval_left(&t->when, now);
    if (counts && t->when.next && !left->next && !t->silent)
        left->next = 1; /* due, and not told yet: zero would say that it is off */
    spin_unlock_irq_restore(&process->signal_lock, flags);
    if (!value)
        return 0;
    if (!counts)
        return -ESRCH;
    disarm(t);
    const struct interval when = moment_of(t, value, absolute, now);
    arm(t, &when, now);
    return 0;
}

/* ---- life ---- */

struct posix_timer *posix_timer_create(const struct posix_timer *like)
{
    struct process *process = process_current();
    struct posix_timer *t = kmalloc(sizeof(*t), GFP_KERNEL);
    if (!t)
        return NULL;
    *t = *like;
    t->process = process;
    t->id = process->next_timer_id;
    process->next_timer_id = (s32)(((u32)t->id + 1) & 0x7fffffffu);
    t->queued.info.code = SI_TIMER;
    t->queued.info.field[TIMER_ID] = (u32)t->id;
    t->queued.taken = signal_taken;
    list_init(&t->queued.link);
    list_init(&t->cpu_link);
    list_push_back(&process->posix_timers, &t->link);
    return t;
}

void posix_timer_delete(struct posix_timer *t)
{
    struct process *process = t->process;
    assert(mutex_is_held(&process_lock));
    disarm(t);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    signal_withdraw_locked(process, t->tid ? thread_of(process, t->tid) : NULL, &t->queued);
    cpu_timer_watch(process);
    spin_unlock_irq_restore(&process->signal_lock, flags);
    list_remove(&t->link);
    kfree(t);
}

void posix_timers_delete(struct process *process)
{
    struct posix_timer *t, *next;
    list_for_each_safe (t, next, &process->posix_timers, link) {
        posix_timer_delete(t);
    }
}
