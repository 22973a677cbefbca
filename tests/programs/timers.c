/*
 * POSIX timers: timer_create(2), timer_settime(2), timer_getoverrun(2), timer_delete(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
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

static long long now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static timer_t timer_with(clockid_t clock, int notify, int signal, int value)
{
    timer_t timer = NULL;
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = signal, .sigev_value.sival_int = value};
    check(timer_create(clock, &event, &timer) == 0);
    return timer;
}

static sigset_t block(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    return set;
}

static int is_pending(int signal)
{
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, signal);
}

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
    while (!is_pending(signal))
        sched_yield();
    while (now(CLOCK_MONOTONIC) - start < 60000000)
        sched_yield();
    check(sigwaitinfo(&set, &info) == signal && info.si_overrun >= 20 && info.si_value.sival_int == 5);
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

/* SIGEV_THREAD_ID: that thread and no other. Then it ends, with the signal pending for it and the timer going
 * on. */
static pid_t receiver;
static int ready[2], done[2];
static void *receive(void *unused)
{
    char byte;
    siginfo_t info;
    sigset_t set = block(SIGRTMIN + 1);
    receiver = (pid_t)syscall(SYS_gettid);
    check(write(ready[1], "x", 1) == 1 && read(done[0], &byte, 1) == 1);
    check(sigwaitinfo(&set, &info) == SIGRTMIN + 1 && info.si_value.sival_int == 9);
    while (!is_pending(SIGRTMIN + 1))
        sched_yield();
    return unused;
}
static void check_thread(void)
{
    pthread_t thread;
    char byte;
    timer_t timer;
    sigset_t set = block(SIGRTMIN + 1);
    struct timespec a_little = {0, 30000000};
    check(pipe(ready) == 0 && pipe(done) == 0);
    check(pthread_create(&thread, NULL, receive, NULL) == 0 && read(ready[0], &byte, 1) == 1);
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 9};
    event.sigev_notify_thread_id = receiver;
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    check(timer_settime(timer, 0, &often, NULL) == 0);
    check(sigtimedwait(&set, NULL, &a_little) == -1 && errno == EAGAIN);
    check(write(done[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
    check(sigtimedwait(&set, NULL, &a_little) == -1 && errno == EAGAIN);
    check(timer_delete(timer) == 0);
    event.sigev_notify_thread_id = getppid();
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
}

/* The C library makes a thread of it. */
static int calls;
static void call(union sigval value)
{
    __atomic_add_fetch(&calls, value.sival_int, __ATOMIC_SEQ_CST);
}
static void check_function(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 1};
    event.sigev_notify_function = call;
    check(timer_create(CLOCK_REALTIME, &event, &timer) == 0);
    check(timer_settime(timer, 0, &often, NULL) == 0);
    while (__atomic_load_n(&calls, __ATOMIC_SEQ_CST) < 3)
        sched_yield();
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
    while (now(clock) - start < 30000000)
        check(sigtimedwait(&set, &info, &none) == -1 || now(clock) - start >= 30000000);
    while (!is_pending(SIGRTMIN + 2) && now(clock) - start < 5000000000ll)
        ;
    sigtimedwait(&set, &info, &none);
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

/* fork: the child has none. exec: they end, and what was pending of them. */
static void check_inheritance(char *self)
{
    int id = -1;
    long hour[4] = {0, 0, 3600, 0};
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) == 0);
    check(syscall(SYS_timer_settime, id, 0, hour, NULL) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        char number[12];
        long left[4];
        if (syscall(SYS_timer_gettime, id, left) != -1 || errno != EINVAL)
            _exit(1);
        if (syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) != 0)
            _exit(2);
        hour[0] = hour[2] = 0;
        hour[1] = hour[3] = 1000000;
        if (syscall(SYS_timer_settime, id, 0, hour, NULL) != 0)
            _exit(3);
        while (!is_pending(SIGALRM)) /* blocked since check_default() */
            sched_yield();
        snprintf(number, sizeof number, "%d", id);
        execl(self, self, number, NULL);
        _exit(4);
    }
    check(child_status(pid) == 0);
    check(syscall(SYS_timer_delete, id) == 0);
}
static int after_exec(int id)
{
    long left[4];
    return syscall(SYS_timer_gettime, id, left) == -1 && errno == EINVAL ? 0 : 5;
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

int main(int argc, char **argv)
{
    if (argc > 1)
        return after_exec(atoi(argv[1]));
    check_default();
    check_once(CLOCK_MONOTONIC);
    check_once(CLOCK_REALTIME);
    check_overruns(SIGRTMIN + 3);
    check_overruns(SIGUSR1);
    check_several();
    check_silent();
    check_thread();
    check_function();
    check_processor_time(CLOCK_PROCESS_CPUTIME_ID);
    check_processor_time(CLOCK_THREAD_CPUTIME_ID);
    check_refusals();
    check_inheritance("/proc/self/exe");
    check_far_moments();
    return finish();
}
