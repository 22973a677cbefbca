/*
 * What counts processor time, and clocks: setitimer(2), alarm(2), setrlimit(2), clock_gettime(2),
 * clock_getcpuclockid(3), clock_nanosleep(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <sys/resource.h>
#include <time.h>

static volatile sig_atomic_t caught;
static void count(int signal)
{
    (void)signal;
    caught++;
}

static double used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Three signals in so much of the processor's time, however slow it is. */
static void check_timer(int which, int signal)
{
    struct itimerval timer = {{0, 20000}, {0, 20000}}, was = {{9, 9}, {9, 9}}, off = {{0, 0}, {0, 0}};
    caught = 0;
    set_handler(signal, count, 0);
    check(setitimer(which, &timer, &was) == 0 && was.it_interval.tv_sec == 0 && was.it_value.tv_sec == 0);
    double start = used();
    while (caught < 3 && used() - start < 5)
        ;
    check(caught >= 3 && used() - start >= 0.05);
    check(getitimer(which, &was) == 0 && was.it_interval.tv_usec == 20000);
    check(setitimer(which, &off, &was) == 0 && was.it_interval.tv_usec == 20000);
    check(getitimer(which, &was) == 0 && was.it_interval.tv_usec == 0 && was.it_value.tv_usec == 0);
}

static void check_arguments(void)
{
    struct itimerval timer = {{0, 0}, {0, 1000000}};
    check(setitimer(ITIMER_REAL, &timer, NULL) == -1 && errno == EINVAL);
    timer.it_value = (struct timeval){-1, 0};
    check(setitimer(ITIMER_PROF, &timer, NULL) == -1 && errno == EINVAL);
    timer.it_value = (struct timeval){1, 0};
    check(setitimer((__typeof__(ITIMER_REAL))3, &timer, NULL) == -1 && errno == EINVAL);
    timer = (struct itimerval){{7, 0}, {0, 0}};
    check(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    check(getitimer(ITIMER_REAL, &timer) == 0 && timer.it_interval.tv_sec == 0);
    timer = (struct itimerval){{0, 0}, {0, 400000}};
    signal(SIGALRM, SIG_IGN);
    setitimer(ITIMER_REAL, &timer, NULL);
    check(alarm(0) <= 1); /* never more than there was, rounded up */
}

/* SIGXCPU at the soft limit and each second from there; SIGKILL at the hard one. */
static void check_limit(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit limit = {1, 2};
        caught = 0;
        set_handler(SIGXCPU, count, 0);
        if (setrlimit(RLIMIT_CPU, &limit))
            _exit(1);
        while (used() < 1 || !caught)
            if (used() > 10)
                _exit(2);
        while (used() < 10)
            ;
        _exit(3);
    }
    int status = child_status(pid);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void check_clocks(void)
{
    struct timespec t, moment = {0, 1000};
    clockid_t clock;
    check(clock_gettime(-1, &t) == -1 && errno == EINVAL);
    check(clock_gettime(11, &t) == 0); /* CLOCK_TAI */
    check(clock_getcpuclockid(0, &clock) == 0 && clock_gettime(clock, &t) == 0 && (t.tv_sec || t.tv_nsec));
    check(clock_getcpuclockid(31999, &clock) != 0); /* ESRCH or, by musl, EINVAL */
    pid_t pid = fork();
    if (pid == 0) {
        double start = used();
        while (used() - start < 0.05)
            ;
        for (;;)
            pause();
    }
    await_asleep(pid);
    check(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0 &&
          (t.tv_sec || t.tv_nsec >= 50000000));
    kill(pid, SIGKILL);
    child_status(pid);
    check(clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &moment, NULL) == EOPNOTSUPP);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    check_timer(ITIMER_VIRTUAL, SIGVTALRM);
    check_timer(ITIMER_PROF, SIGPROF);
    check_arguments();
    check_limit();
    check_clocks();
    return finish();
}
