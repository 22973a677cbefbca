/*
 * Stopped, continued, orphaned: wait(2), signal(7), setpgid(2), prctl(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <sys/prctl.h>
#include <sys/syscall.h>

#define CLONES 0x80000000 /* __WCLONE; musl has no name for it */

static volatile sig_atomic_t caught, code, status_told;
static void note(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    caught++;
    code = info->si_code;
    status_told = info->si_status;
}
static void count(int signal)
{
    (void)signal;
    caught++;
}

static void sleep_for_ever(void)
{
    for (;;)
        pause();
}

/* Until something was caught: the signal may be anywhere on its way. */
static void await_caught(void)
{
    while (!caught)
        sched_yield();
}

/* What ends a process waits until it goes on; each report is of the newest state. */
static void check_stopped(void)
{
    int status;
    siginfo_t info;
    pid_t pid = fork();
    if (pid == 0)
        sleep_for_ever();
    kill(pid, SIGSTOP);
    check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    kill(pid, SIGCONT);
    kill(pid, SIGSTOP);
    check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    check(waitpid(pid, &status, WCONTINUED | WNOHANG) == 0); /* it stands again */
    kill(pid, SIGTERM);
    check(waitpid(pid, &status, WNOHANG) == 0 && kill(pid, 0) == 0);
    kill(pid, SIGCONT);
    check(waitid(P_PID, (id_t)pid, &info, WEXITED) == 0 && info.si_code == CLD_KILLED &&
          info.si_status == SIGTERM);
}

/* The parent hears of a continuation even when it has collected the report before. */
static void check_continued(void)
{
    int status;
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
    pid_t pid = fork();
    if (pid == 0)
        sleep_for_ever();
    sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < 20; i++) {
        caught = 0;
        kill(pid, SIGSTOP);
        check(waitpid(pid, &status, WUNTRACED) == pid);
        await_caught();
        check(code == CLD_STOPPED && status_told == SIGSTOP);
        caught = 0;
        kill(pid, SIGCONT);
        check(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
        await_caught();
        check(code == CLD_CONTINUED && status_told == SIGCONT);
    }
    signal(SIGCHLD, SIG_DFL);
    kill(pid, SIGKILL);
    child_status(pid);
}

/* Children that announce their end by another signal, or by none, are seen on request. */
static void check_clones(void)
{
    int status;
    siginfo_t info;
    pid_t pid = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (pid == 0)
        _exit(3);
    check(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
    check(waitpid(pid, &status, CLONES) == pid && WEXITSTATUS(status) == 3);
    pid = fork();
    if (pid == 0)
        _exit(4);
    check(waitpid(pid, &status, CLONES) == -1 && errno == ECHILD);
    check(child_status(pid) == 4 << 8);
    check(waitid(P_ALL, 0, &info, WEXITED | 0x100) == -1 && errno == EINVAL);
}

/* Reads until all writers are gone; how many bytes came. */
static long drain(int from)
{
    char bytes[16];
    long n, total = 0;
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        total += n;
    close(from);
    return total;
}

/* Nobody could continue it, so the terminal's stops do nothing: the byte arrives. */
static void check_orphan_stops(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        raise(SIGTSTP);
        raise(SIGTTIN);
        raise(SIGTTOU);
        _exit(write(ends[1], "x", 1) != 1);
    }
    close(ends[1]);
    check(drain(ends[0]) == 1 && child_status(pid) == 0);
}

/* A job whose shell goes away while it is stopped: SIGHUP, and SIGCONT so that it sees it. */
static void check_orphaned_job(void)
{
    int ends[2], status;
    check(pipe(ends) == 0);
    pid_t shell = fork();
    if (shell == 0) {
        setsid();
        pid_t job = fork();
        if (job == 0) {
            setpgid(0, 0);
            caught = 0;
            set_handler(SIGHUP, count, 0);
            set_handler(SIGCONT, count, 0);
            raise(SIGSTOP);
            while (caught < 2)
                sched_yield();
            _exit(write(ends[1], "x", 1) != 1);
        }
        waitpid(job, &status, WUNTRACED);
        _exit(0);
    }
    close(ends[1]);
    check(child_status(shell) == 0 && drain(ends[0]) == 1);
}

/* A child that asked is told of its parent's end; who asked becomes the parent of orphans. */
static void check_ends_of_parents(void)
{
    int status, signal_told = 0, was;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    check(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &was) == 0 && was == 1);
    check(prctl(PR_SET_PDEATHSIG, 65) == -1 && errno == EINVAL);
    pid_t reaper = getpid(), parent = fork();
    if (parent == 0) {
        int ends[2];
        char byte;
        pid_t between = getpid();
        if (pipe(ends) == 0 && fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGUSR2);
            prctl(PR_GET_PDEATHSIG, &was);
            if (write(ends[1], "x", 1) == 1)
                sigwait(&set, &signal_told);
            _exit(was == SIGUSR2 && signal_told == SIGUSR2 && getppid() == reaper && reaper != between ? 33
                                                                                                       : 1);
        }
        _exit(read(ends[0], &byte, 1) != 1);
    }
    check(child_status(parent) == 0);
    check(wait(&status) > 0 && WEXITSTATUS(status) == 33);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    check_stopped();
    check_continued();
    check_clones();
    check_orphan_stops();
    check_orphaned_job();
    check_ends_of_parents();
    return finish();
}
