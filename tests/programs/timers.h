/* What the programs about POSIX timers share. */
#pragma once
#include "checks.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SYS_timer_settime /* musl's name for the call with 32-bit times */
#define SYS_timer_settime SYS_timer_settime32
#define SYS_timer_gettime SYS_timer_gettime32
#endif
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static const struct itimerspec off, soon = {.it_value = {0, 1}}, often = {{0, 1000000}, {0, 1}};

static inline long long now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static inline timer_t timer_with(clockid_t clock, int notify, int signal, int value)
{
    timer_t timer = NULL;
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = signal, .sigev_value.sival_int = value};
    check(timer_create(clock, &event, &timer) == 0);
    return timer;
}

static inline sigset_t block(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    return set;
}

static inline int is_pending(int signal)
{
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, signal);
}
