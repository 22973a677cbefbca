/*
 * POSIX timers: timer_create(2), timer_settime(2), timer_getoverrun(2), timer_delete(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "timers.h"

/* Without an event it is SIGALRM, and the value is the timer's number. */
static void check_default(void)
{
    sigset_t set = block(SIGALRM);
    siginfo_t info;
    int id = -1;
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) == 0 && id >= 0);
    long once[4] = {0, 0, 0, 1};
    check(syscall(SYS_timer_settime, id, 0, once, NULL) == 0);
    check(sigwaitinfo(&set, &info) == SIGALRM && info.si_code == SI_TIMER && info.si_value.sival_int == id);
    check(info.si_overrun == 0);
    check(syscall(SYS_timer_delete, id) == 0);
    check(syscall(SYS_timer_delete, id) == -1 && errno == EINVAL);
}

static void check_once(clockid_t clock)
{
    sigset_t set = block(SIGRTMIN);
    siginfo_t info;
    struct itimerspec left;
    timer_t timer = timer_with(clock, SIGEV_SIGNAL, SIGRTMIN, 77);
    check(timer_gettime(timer, &left) == 0 && !left.it_value.tv_sec && !left.it_value.tv_nsec);
    long long start = now(clock);
    struct itimerspec moment = {.it_value = {0, 20000000}}, far = {{7, 0}, {5000, 0}};
    check(timer_settime(timer, 0, &far, NULL) == 0);
    check(timer_gettime(timer, &left) == 0 && left.it_interval.tv_sec == 7);
    check(left.it_value.tv_sec > 4000 && left.it_value.tv_sec <= 5000);
    check(timer_settime(timer, 0, &moment, &left) == 0 && left.it_interval.tv_sec == 7);
    check(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == 77 && info.si_code == SI_TIMER);
    check(now(clock) - start >= 20000000);
    check(timer_gettime(timer, &left) == 0 && !left.it_value.tv_sec && !left.it_value.tv_nsec);
    /* A moment: of this clock, and one that is over comes at once. */
    long long at = now(clock) + 30000000;
    struct itimerspec then = {.it_value = {(time_t)(at / 1000000000), (long)(at % 1000000000)}};
    check(timer_settime(timer, TIMER_ABSTIME, &then, NULL) == 0);
    check(sigwaitinfo(&set, &info) == SIGRTMIN && now(clock) >= at);
    check(timer_settime(timer, TIMER_ABSTIME, &then, NULL) == 0);
    check(sigwaitinfo(&set, &info) == SIGRTMIN);
    check(timer_delete(timer) == 0);
}

/* One signal is pending for a timer at most; what expired meanwhile comes with it. */
static void check_overruns(int signal)
{
    sigset_t set = block(signal);
    siginfo_t info;
    struct timespec none = {0, 0};
    timer_t timer = timer_with(CLOCK_MONOTONIC, SIGEV_SIGNAL, signal, 5);
    long long start = now(CLOCK_MONOTONIC);
    check(timer_settime(timer, 0, &often, NULL) == 0);
    do { /* a machine that is busy elsewhere may count late: another round then */
        for (long long round = now(CLOCK_MONOTONIC); now(CLOCK_MONOTONIC) - round < 60000000;)
            sched_yield();
        check(sigwaitinfo(&set, &info) == signal && info.si_value.sival_int == 5);
    } while (info.si_overrun < 20);
    check(info.si_overrun <= (now(CLOCK_MONOTONIC) - start) / 1000000 + 1);
    check(timer_getoverrun(timer) == info.si_overrun);
    check(sigwaitinfo(&set, &info) == signal); /* and goes on */
    check(timer_settime(timer, 0, &off, NULL) == 0);
    while (sigtimedwait(&set, &info, &none) == signal)
        ;
    check(timer_delete(timer) == 0);
}

/* Each timer has a place of its own, for a standard signal, too, beside what kill(2) sent before. */
static void check_several(void)
{
    sigset_t set = block(SIGUSR2);
    siginfo_t info;
    struct timespec none = {0, 0};
    timer_t timer[2];
    int seen = 0;
    kill(getpid(), SIGUSR2);
    for (int i = 0; i < 2; i++) {
        timer[i] = timer_with(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 1 << i);
        check(timer_settime(timer[i], 0, &soon, NULL) == 0);
    }
    while (seen != (1 | 2 | 4)) {
        check(sigwaitinfo(&set, &info) == SIGUSR2);
        seen |= info.si_code == SI_TIMER ? info.si_value.sival_int : 4;
    }
    check(sigtimedwait(&set, &info, &none) == -1 && errno == EAGAIN && !is_pending(SIGUSR2));
    check(timer_delete(timer[0]) == 0 && timer_delete(timer[1]) == 0);
}

/* SIGEV_NONE sends nothing, and its time runs all the same. */
static void check_silent(void)
{
    struct itimerspec left;
    timer_t timer = timer_with(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
    check(timer_settime(timer, 0, &often, NULL) == 0);
    check(timer_gettime(timer, &left) == 0 && left.it_interval.tv_nsec == 1000000);
    check(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 1000000);
    check(timer_settime(timer, 0, &soon, &left) == 0 && left.it_interval.tv_nsec == 1000000);
    check(timer_gettime(timer, &left) == 0 && !left.it_value.tv_nsec);
    check(timer_delete(timer) == 0);
}

/* Processor time passes only while somebody works. */
static void check_processor_time(clockid_t clock)
{
    sigset_t set = block(SIGRTMIN + 2);
    struct itimerspec work = {.it_value = {0, 30000000}}, left;
    struct timespec none = {0, 0};
    siginfo_t info;
    timer_t timer = timer_with(clock, SIGEV_SIGNAL, SIGRTMIN + 2, 3);
    long long start = now(clock);
    check(timer_settime(timer, 0, &work, NULL) == 0);
    check(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0);
    while (sigtimedwait(&set, &info, &none) == -1)
        ;
    check(now(clock) - start >= 30000000);
    check(info.si_code == SI_TIMER && info.si_value.sival_int == 3);
    check(timer_delete(timer) == 0);
}

static void check_refusals(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
    struct itimerspec bad = {.it_value = {0, 1000000000}};
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
    event.sigev_signo = 0;
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
    event = (struct sigevent){.sigev_notify = 17, .sigev_signo = SIGUSR1};
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
    check(syscall(SYS_timer_create, 99, NULL, &timer) == -1 && errno == EINVAL);
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, NULL, &timer) == -1 && errno == EOPNOTSUPP);
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC, 1, &timer) == -1 && errno == EFAULT);
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 1) == -1 && errno == EFAULT);
    check(syscall(SYS_timer_gettime, 12345, &bad) == -1 && errno == EINVAL);
    check(syscall(SYS_timer_getoverrun, 12345) == -1 && errno == EINVAL);
    timer = timer_with(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
    check(timer_settime(timer, 0, &bad, NULL) == -1 && errno == EINVAL);
    bad.it_value = (struct timespec){-1, 0};
    check(timer_settime(timer, 0, &bad, NULL) == -1 && errno == EINVAL);
    check(timer_delete(timer) == 0);
}

/* A deadline of the world's clock is not over at once: it is some 1.8e18 ns after 1970. */
static void check_far_moments(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 30000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    check(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL) == 0);
    check(now(CLOCK_REALTIME) >= at.tv_sec * 1000000000ll + at.tv_nsec);
}

int main(void)
{
    check_default();
    check_once(CLOCK_MONOTONIC);
    check_once(CLOCK_REALTIME);
    check_overruns(SIGRTMIN + 3);
    check_overruns(SIGUSR1);
    check_several();
    check_silent();
    check_processor_time(CLOCK_PROCESS_CPUTIME_ID);
    check_processor_time(CLOCK_THREAD_CPUTIME_ID);
    check_refusals();
    check_far_moments();
    return finish();
}
