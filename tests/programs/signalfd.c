/*
 * Signals that are read instead of delivered: signalfd(2).
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
#include <time.h>

static int is_ready(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
    return poll(&p, 1, timeout_ms) == 1 && p.revents == POLLIN;
}

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

int main(void)
{
    check_signals();
    check_signal_refusals();
    check_signal_waits();
    check_signals_in_set();
    return finish();
}
