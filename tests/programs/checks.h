/* For programs of many checks: each names the manual page whose sentence it tests; main() ends with finish().
 */
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures, checks;
static void check_at(int line, const char *what, int holds)
{
    checks++;
    if (holds)
        return;
    failures++;
    printf("line %d: %s does not hold (errno %d, %s)\n", line, what, errno, strerror(errno));
}
#define check(x) check_at(__LINE__, #x, !!(x))

static inline int finish(void)
{
    printf(failures ? "%d of %d checks failed\n" : "all checks passed\n", failures, checks);
    return failures != 0;
}

static inline int child_status(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* Until that process is asleep in the kernel: in the call that its caller wants to see it in. */
static inline void await_asleep(pid_t pid)
{
    char path[32], text[64];
    ssize_t n = 1;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (const char *state = NULL; n > 0 && (!state || state[2] != 'S'); sched_yield()) {
        int fd = open(path, O_RDONLY);
        n = read(fd, text, sizeof text - 1);
        text[n > 0 ? n : 0] = 0;
        state = strrchr(text, ')');
        close(fd);
    }
}

static inline void set_handler(int signal, void (*fn)(int), int flags)
{
    struct sigaction action = {.sa_handler = fn, .sa_flags = flags};
    check(sigaction(signal, &action, NULL) == 0);
}

static inline void alarm_in(long microseconds)
{
    /* Again and again: one that came before the call it is meant for would be lost. 0 stops it. */
    struct itimerval timer = {.it_value = {0, microseconds}, .it_interval = {0, microseconds}};
    check(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}
