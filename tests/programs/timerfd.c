/*
 * Timers that are read and waited for by descriptor: timerfd_create(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

static const struct itimerspec off, soon = {.it_value = {0, 1}}, often = {{0, 1000000}, {0, 1}};

static long long now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int is_ready(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
    return poll(&p, 1, timeout_ms) == 1 && p.revents == POLLIN;
}

static uint64_t expirations(int fd)
{
    uint64_t n = 0;
    return read(fd, &n, sizeof n) == sizeof n ? n : 0;
}

static void check_timer(int clock)
{
    struct itimerspec left, moment = {.it_value = {0, 20000000}}, far = {{7, 0}, {5000, 0}};
    uint64_t n;
    int fd = timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
    check(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    check(read(fd, &n, 8) == -1 && errno == EAGAIN && !is_ready(fd, 0));
    check(timerfd_settime(fd, 0, &far, &left) == 0 && left.it_interval.tv_sec == 0);
    check(timerfd_gettime(fd, &left) == 0 && left.it_interval.tv_sec == 7);
    check(left.it_value.tv_sec > 4000 && left.it_value.tv_sec <= 5000);

    long long start = now(CLOCK_MONOTONIC);
    check(timerfd_settime(fd, 0, &moment, &left) == 0 && left.it_interval.tv_sec == 7);
    check(is_ready(fd, -1) && now(CLOCK_MONOTONIC) - start >= 20000000);
    check(timerfd_gettime(fd, &left) == 0 && !left.it_value.tv_sec && !left.it_value.tv_nsec);
    check(expirations(fd) == 1 && read(fd, &n, 8) == -1 && errno == EAGAIN && !is_ready(fd, 0));

    check(fcntl(fd, F_SETFL, 0) == 0);
    long long at = now(clock) + 30000000;
    struct itimerspec then = {.it_value = {(time_t)(at / 1000000000), (long)(at % 1000000000)}};
    check(timerfd_settime(fd, TFD_TIMER_ABSTIME, &then, NULL) == 0);
    check(expirations(fd) == 1 && now(clock) >= at); /* the read waits */
    check(timerfd_settime(fd, TFD_TIMER_ABSTIME, &then, NULL) == 0 && expirations(fd) == 1);

    start = now(CLOCK_MONOTONIC); /* expirations that nobody reads are counted, and forgotten by settime */
    check(timerfd_settime(fd, 0, &often, NULL) == 0);
    while (now(CLOCK_MONOTONIC) - start < 60000000)
        sched_yield();
    n = expirations(fd);
    check(n >= 20 && (long long)n <= (now(CLOCK_MONOTONIC) - start) / 1000000 + 1);
    check(expirations(fd) >= 1 && is_ready(fd, -1));
    check(timerfd_settime(fd, 0, &off, &left) == 0 && left.it_interval.tv_nsec == 1000000);
    check(!is_ready(fd, 30));
    close(fd);
}

static void check_timer_refusals(void)
{
    struct itimerspec bad = {.it_value = {0, 1000000000}};
    uint64_t n;
    int fd = timerfd_create(CLOCK_MONOTONIC, 0), ends[2];
    check(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0) == -1 && errno == EINVAL);
    check(timerfd_create(CLOCK_MONOTONIC, 1) == -1 && errno == EINVAL);
    check(timerfd_settime(fd, 0, &bad, NULL) == -1 && errno == EINVAL);
    check(timerfd_settime(fd, 8, &soon, NULL) == -1 && errno == EINVAL);
    check(timerfd_settime(99, 0, &soon, NULL) == -1 && errno == EBADF);
    check(pipe(ends) == 0 && timerfd_settime(ends[0], 0, &soon, NULL) == -1 && errno == EINVAL);
    check(timerfd_gettime(ends[0], &bad) == -1 && errno == EINVAL);
    check(read(fd, &n, 7) == -1 && errno == EINVAL && write(fd, &n, 8) == -1 && errno == EINVAL);
    close(ends[0]);
    close(ends[1]);
    close(fd);
}

/* It goes on for who has it: a child, and a program that is executed. */
static void check_timer_inherited(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    check(timerfd_settime(fd, 0, &often, NULL) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        char number[12];
        snprintf(number, sizeof number, "%d", fd);
        if (!expirations(fd))
            _exit(1);
        execl("/proc/self/exe", "timerfd", number, NULL);
        _exit(2);
    }
    check(child_status(pid) == 0 && expirations(fd) >= 1);
    close(fd);
}

/* Readers and a setter at once; each expiration is read by one of them. */
static int shared_fd;
static uint64_t total;
static void *read_some(void *unused)
{
    for (int i = 0; i < 20; i++)
        __atomic_add_fetch(&total, expirations(shared_fd), __ATOMIC_SEQ_CST);
    return unused;
}
static void check_timer_threads(void)
{
    pthread_t thread[2];
    long long start = now(CLOCK_MONOTONIC);
    shared_fd = timerfd_create(CLOCK_MONOTONIC, 0);
    check(timerfd_settime(shared_fd, 0, &often, NULL) == 0);
    for (int i = 0; i < 2; i++)
        check(pthread_create(&thread[i], NULL, read_some, NULL) == 0);
    for (int i = 0; i < 2000; i++)
        check(timerfd_settime(shared_fd, 0, &often, NULL) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    check(total >= 40 && (long long)total <= (now(CLOCK_MONOTONIC) - start) / 1000000 + 2002);
    close(shared_fd);
}

static void check_timer_in_set(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = 7};
    int set = epoll_create1(0), fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    check(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
    check(epoll_wait(set, &event, 1, 0) == 0);
    check(timerfd_settime(fd, 0, &often, NULL) == 0);
    for (int i = 0; i < 3; i++)
        check(epoll_wait(set, &event, 1, -1) == 1 && event.data.u32 == 7 && expirations(fd) >= 1);
    close(fd); /* while it is armed */
    check(epoll_wait(set, &event, 1, 20) == 0);
    close(set);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return expirations(atoi(argv[1])) ? 0 : 3;
    check_timer(CLOCK_MONOTONIC);
    check_timer(CLOCK_REALTIME);
    check_timer_refusals();
    check_timer_inherited();
    check_timer_threads();
    check_timer_in_set();
    return finish();
}
