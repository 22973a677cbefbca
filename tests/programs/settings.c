/*
 * What a process says about itself, and limits of what it may say: prctl(2), personality(2),
 * sched_setscheduler(2), getpriority(2), getrlimit(2), getrandom(2), clone(2), execve(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static void check_switches(void)
{
    check(prctl(PR_GET_DUMPABLE) == 1 && prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_GET_DUMPABLE) == 0);
    check(prctl(PR_SET_DUMPABLE, 7) == -1 && errno == EINVAL);
    check(prctl(PR_SET_DUMPABLE, 1) == 0);
    check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && errno == EINVAL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    check(child_status(pid) == 1 << 8);
    check(personality(0xffffffff) == 0 && personality(ADDR_NO_RANDOMIZE) == 0);
    check(personality(0xffffffff) == ADDR_NO_RANDOMIZE && personality(0) == ADDR_NO_RANDOMIZE);
    char byte;
    check(getrandom(&byte, 1, 6) == -1 && errno == EINVAL);
}

/* What was set is told, and a child has it. */
static void check_policies(void)
{
    const int plain = 0;
    check(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &plain) == 0);
    check(syscall(SYS_sched_setparam, 0, &plain) == 0 &&
          syscall(SYS_sched_getscheduler, getpid()) == SCHED_BATCH);
    pid_t child = fork();
    if (child == 0)
        _exit((int)syscall(SYS_sched_getscheduler, 0));
    check(child_status(child) == SCHED_BATCH << 8);
    check(syscall(SYS_sched_setscheduler, 0, 6, &plain) == -1 && errno == EINVAL); /* SCHED_DEADLINE */
    check(syscall(SYS_sched_setscheduler, 0, 5, &plain) == 0 &&
          syscall(SYS_sched_getscheduler, 0) == 5); /* IDLE */
    check(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &plain) == 0);
}

/* The calls themselves: musl's functions of these names refuse by themselves. */
static void check_scheduling(void)
{
    int priority = 5;
    struct timespec turn = {0, 0};
    check(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
    check(syscall(SYS_sched_getscheduler, 31999) == -1 && errno == ESRCH);
    check(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &priority) == -1 && errno == EINVAL);
    check(syscall(SYS_sched_setscheduler, 0, 99, &priority) == -1 && errno == EINVAL);
    check(syscall(SYS_sched_getparam, 0, NULL) == -1 && errno == EINVAL);
    check(syscall(SYS_sched_getparam, 31999, &priority) == -1 && errno == ESRCH);
    check(syscall(SYS_sched_get_priority_max, 4) == -1 && errno == EINVAL);
    check(sched_rr_get_interval(0, &turn) == 0 && turn.tv_sec == 0);
    check_policies();
    check(sched_rr_get_interval(31999, &turn) == -1 && errno == ESRCH);
}

static void check_priorities(void)
{
    setpgid(0, 0); /* a session's first has a group already */
    check(setpriority(PRIO_PROCESS, 0, 3) == 0);
    errno = 0;
    check(getpriority(PRIO_PGRP, 0) == 3 && errno == 0);
    check(setpriority(PRIO_PGRP, (id_t)getpid(), 6) == 0 && getpriority(PRIO_PROCESS, 0) == 6);
    check(setpriority(PRIO_PGRP, 31999, 0) == -1 && errno == ESRCH);
    check(getpriority((__typeof__(PRIO_USER))7, 0) == -1 && errno == EINVAL);
    struct rlimit limit;
    check(getrlimit(RLIMIT_NICE, &limit) == 0 && limit.rlim_cur == 0);
}

/* CLONE_PARENT_SETTID with a bad address is no reason to have no child. */
static void check_bad_address(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, 0x00100000 | SIGCHLD, 0, 4, 0, 0);
    if (pid == 0)
        _exit(0);
    check(pid > 0 && child_status(pid) == 0);
}

/* One string of 128 KiB at most, its end counted; many of them may be more. */
static void check_long_arguments(char *self)
{
    static char text[131073];
    for (int length = 131071; length <= 131072; length++) {
        memset(text, 'a', sizeof text - 1);
        text[length] = 0;
        pid_t pid = fork();
        if (pid == 0) {
            execl(self, self, "arguments", text, text, text, text, (char *)NULL);
            _exit(errno == E2BIG ? 77 : 78);
        }
        check(child_status(pid) == (length == 131071 ? 9 : 77) << 8);
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && !strcmp(argv[1], "arguments"))
        return strlen(argv[2]) == 131071 && !strcmp(argv[2], argv[5]) ? 9 : 10;
    setvbuf(stdout, NULL, _IONBF, 0);
    check_switches();
    check_scheduling();
    check_bad_address();
    check_long_arguments(argv[0]);
    check_priorities();
    return finish();
}
