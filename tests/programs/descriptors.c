/*
 * What else can be waited for by descriptor: timerfd_create(2), signalfd(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
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

/* ---- timerfd ---- */

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
        execl("/proc/self/exe", "descriptors", number, NULL);
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

/* ---- signalfd ---- */

static sigset_t set_of(int a, int b)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, a);
    sigaddset(&set, b);
    return set;
}

static struct signalfd_siginfo next_signal(int fd)
{
    struct signalfd_siginfo info = {0};
    check(read(fd, &info, sizeof info) == sizeof info);
    return info;
}

static void check_signals(void)
{
    struct signalfd_siginfo info[4];
    sigset_t set = set_of(SIGUSR1, SIGRTMIN), child = set_of(SIGCHLD, SIGCHLD), none;
    check(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && sigprocmask(SIG_BLOCK, &child, NULL) == 0);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    check(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    check(read(fd, info, sizeof info) == -1 && errno == EAGAIN && !is_ready(fd, 0));
    check(read(fd, info, 127) == -1 && errno == EINVAL);

    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10 + i});
    check(is_ready(fd, 0) && is_ready(fd, -1));
    check(read(fd, info, 3 * sizeof info[0] + 5) == 3 * sizeof info[0]); /* as many as fit, whole */
    check(info[0].ssi_signo == SIGUSR1 && info[0].ssi_code == SI_USER);
    check((pid_t)info[0].ssi_pid == getpid() && info[0].ssi_uid == getuid());
    check((int)info[1].ssi_signo == SIGRTMIN && info[1].ssi_code == SI_QUEUE && info[1].ssi_int == 10);
    check(info[2].ssi_int == 11 && info[2].ssi_ptr == 11);
    check(read(fd, info, sizeof info) == sizeof info[0] && info[0].ssi_int == 12);
    check(!is_ready(fd, 0) && sigpending(&none) == 0 && !sigismember(&none, SIGRTMIN));

    check(signalfd(fd, &child, 0) == fd); /* others from now on */
    kill(getpid(), SIGUSR1);
    check(!is_ready(fd, 0));
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    check(is_ready(fd, -1));
    info[0] = next_signal(fd);
    check(info[0].ssi_signo == SIGCHLD && info[0].ssi_code == CLD_EXITED && (pid_t)info[0].ssi_pid == pid);
    check(info[0].ssi_status == 3 && child_status(pid) == 3 << 8);
    check(signalfd(fd, &set, 0) == fd && next_signal(fd).ssi_signo == SIGUSR1);
    close(fd);
}

/* The mask of a signalfd takes SIGKILL and SIGSTOP in silence, and ends nobody's death. */
static void check_signal_refusals(void)
{
    sigset_t set = set_of(SIGKILL, SIGSTOP);
    int fd = signalfd(-1, &set, 0), ends[2];
    check(fd >= 0 && !is_ready(fd, 0));
    check(signalfd(-1, &set, 1) == -1 && errno == EINVAL);
    check(signalfd(99, &set, 0) == -1 && errno == EBADF);
    check(pipe(ends) == 0 && signalfd(ends[0], &set, 0) == -1 && errno == EINVAL);
    check(syscall(SYS_signalfd4, -1, &set, 4, 0) == -1 && errno == EINVAL);
    check(syscall(SYS_signalfd4, -1, 1, 8, 0) == -1 && errno == EFAULT);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

/* A reader that sleeps is woken by what is sent to the process, to its thread, and by a timer. */
static void *receive(void *fd)
{
    struct signalfd_siginfo info = next_signal(*(int *)fd);
    return (void *)(intptr_t)(info.ssi_code == SI_TIMER ? info.ssi_tid + 1000 * info.ssi_int
                                                        : info.ssi_signo);
}
static void check_signal_waits(void)
{
    sigset_t set = set_of(SIGUSR1, SIGRTMIN);
    int fd = signalfd(-1, &set, 0);
    pthread_t thread;
    void *got;
    check(pthread_create(&thread, NULL, receive, &fd) == 0 && kill(getpid(), SIGUSR1) == 0);
    check(pthread_join(thread, &got) == 0 && (intptr_t)got == SIGUSR1);
    check(pthread_create(&thread, NULL, receive, &fd) == 0 && pthread_kill(thread, SIGRTMIN) == 0);
    check(pthread_join(thread, &got) == 0 && (intptr_t)got == SIGRTMIN);
    int id;
    struct sigevent event = {.sigev_signo = SIGUSR1, .sigev_value.sival_int = 4};
    long long_form[8] = {0, 0, 0, 0, 0, 0, 1, 0}; /* two timespecs with 64-bit seconds */
    check(pthread_create(&thread, NULL, receive, &fd) == 0);
    check(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id) == 0);
    check(syscall(SYS_timer_settime64, id, 0, long_form, NULL) == 0);
    check(pthread_join(thread, &got) == 0 && (intptr_t)got == id + 4000);
    check(syscall(SYS_timer_delete, id) == 0);
    close(fd);
}

/* One end of a family waits for the other: its set stays whole when the process ends that made it. */
static void check_signals_in_set(void)
{
    sigset_t set = set_of(SIGUSR2, SIGUSR2);
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0), out[2];
    check(pipe(out) == 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    int fd = signalfd(-1, &set, 0);
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 && epoll_wait(epoll, &event, 1, 0) == 0);
    kill(getpid(), SIGUSR2);
    check(epoll_wait(epoll, &event, 1, -1) == 1 && next_signal(fd).ssi_signo == SIGUSR2);
    check(epoll_wait(epoll, &event, 1, 0) == 0);
    pid_t pid = fork();
    if (pid == 0) { /* a set of the child's, handed to a grandchild that outlives it */
        int inner = epoll_create1(0);
        pid_t middle = getpid();
        if (epoll_ctl(inner, EPOLL_CTL_ADD, fd, &event) != 0)
            _exit(1);
        if (fork() == 0) {
            while (getppid() == middle)
                sched_yield();
            kill(getpid(), SIGUSR2);
            int right = epoll_wait(inner, &event, 1, 1000) >= 0 && next_signal(fd).ssi_signo == SIGUSR2;
            _exit(write(out[1], right ? "y" : "n", 1) != 1);
        }
        _exit(0);
    }
    char answer = 0;
    check(child_status(pid) == 0);
    check(read(out[0], &answer, 1) == 1 && answer == 'y');
    close(epoll);
    close(fd);
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
    check_signals();
    check_signal_refusals();
    check_signal_waits();
    check_signals_in_set();
    return finish();
}
