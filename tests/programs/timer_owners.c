/*
 * Whose a POSIX timer is: a thread's that gets its signal, a function's, a process's that forks or executes
 * another program. timer_create(2), sigevent(7).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "timers.h"

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

int main(int argc, char **argv)
{
    if (argc > 1)
        return after_exec(atoi(argv[1]));
    block(SIGALRM);
    check_thread();
    check_function();
    check_inheritance("/proc/self/exe");
    return finish();
}
