/*
 * POSIX timers: timer_create(2). One belongs to a process, ends with it or with its next exec, and is not
 * inherited by fork.
 *
 * Who looks at one at the same moment: the timer interrupt in which it expires, or the tick for clocks of
 * processor time; the thread that takes its signal; threads that set, read or delete it. The latter are kept
 * apart by process_lock, all of them by signal_lock:
 *
 *   the interrupt                              settime, delete
 *     signal_lock: next passed? count, queue     signal_lock: next = 0
 *       the signal or add to its overruns,       timer_cancel(): whoever fires is awaited, without the lock
 *       move next on, arm again                  signal_lock: next = the new moment; arm
 *
 * An interrupt that comes late finds next = 0 and does nothing, so after the cancel it is ours alone.
 *
 * Key: (c) constant; (P) process_lock; (s) signal_lock of the process.
 */
#pragma once
#include "sys/process/process.h"
#include "sys/time/interval.h"

enum timer_clock {
    TIMES_WORLD,   /* counts on while nobody runs: `next` is one of clock_ns() */
    TIMES_PROCESS, /* processor time, of the process */
    TIMES_THREAD,  /* or of one thread */
};

struct posix_timer {
    struct list link;            /* (P) process->posix_timers */
    struct process *process;     /* (c) */
    s32 id;                      /* (c) */
    u32 clock;                   /* (c) as timer_create(2) has it */
    enum timer_clock times;      /* (c) */
    s32 clock_tid;               /* (c) TIMES_THREAD: whose */
    bool silent;                 /* (c) SIGEV_NONE: only to be read */
    s32 tid;                     /* (c) SIGEV_THREAD_ID: who gets the signal; 0: the process */
    struct interval when;        /* (s) */
    u32 overrun;                 /* (s) of the signal that was taken last */
    struct timer timer;          /* TIMES_WORLD */
    struct list cpu_link;        /* (s) process->cpu_armed: the others */
    struct queued_signal queued; /* (s) its overruns are in field[TIMER_OVERRUN] */
};
enum { TIMER_ID, TIMER_OVERRUN, TIMER_VALUE }; /* a timer's siginfo: sigaction(2) */

/* ---- for the process's life ---- */
/* Exit, exec: no other thread is left. */
void posix_timers_delete(struct process *process) must_hold(&process_lock);
/* At the tick, with the processor time that the process has used, in ns. Under signal_lock. */
void posix_timers_look_locked(struct process *process, u64 used);

/* ---- posix_timer.c for posix_timer_calls.c ---- */
/* Fresh, off, and in the list; NULL when no memory. `like` says clock and signal. */
struct posix_timer *posix_timer_create(const struct posix_timer *like) must_hold(&process_lock);
void posix_timer_delete(struct posix_timer *t) must_hold(&process_lock);
/* `value` as the program gave it, or NULL; *left is what there was, as a program wants it. 0, or -ESRCH: the
 * thread whose time it counts has ended. */
int posix_timer_exchange(struct posix_timer *t, const struct interval *value, bool absolute,
                         struct interval *left) must_hold(&process_lock);
