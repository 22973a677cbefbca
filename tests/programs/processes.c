/*
 * Processes: fork(2), wait(2), vfork(2), execve(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <pthread.h>

static void check_processes(const char *self)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(getppid() > 0 ? 42 : 1);
    int status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    check(waitpid(-1, &status, 0) == -1 && errno == ECHILD);

    pid = fork();
    if (pid == 0) {
        raise(SIGKILL);
        _exit(0);
    }
    status = child_status(pid);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    pid = vfork();
    if (pid == 0) {
        execl(self, self, "exit", "7", (char *)NULL);
        _exit(99);
    }
    status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 7);

    check(execl("/nowhere", "nowhere", (char *)NULL) == -1 && errno == ENOENT);
    check(execl("/", "dir", (char *)NULL) == -1 && errno == EACCES);

    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    siginfo_t info = {0};
    check(waitid(P_PID, pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
    kill(pid, SIGSTOP);
    check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    check(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    kill(pid, SIGTERM);
    check(waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_code == CLD_KILLED && info.si_status == SIGTERM);
}

/* exec takes the place of all threads and keeps the process's number: execve(2). */
static void *exec_in_thread(void *self)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", getpid());
    execl(self, self, "same-pid", pid, (char *)NULL);
    _exit(98);
}
static void *sleep_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}
static void check_exec_from_thread(char *self)
{
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t t;
        for (int i = 0; i < 4; i++)
            pthread_create(&t, NULL, sleep_for_ever, NULL);
        pthread_create(&t, NULL, exec_in_thread, self);
        sleep_for_ever(NULL);
    }
    int status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    pid = fork();
    if (pid == 0) {
        pthread_t t;
        for (int i = 0; i < 4; i++)
            pthread_create(&t, NULL, sleep_for_ever, NULL);
        exit(6);
    }
    status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 6);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "exit"))
        return atoi(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "same-pid"))
        return atoi(argv[2]) == getpid() ? 5 : 50;
    setvbuf(stdout, NULL, _IONBF, 0);
    check_processes(argv[0]);
    check_exec_from_thread(argv[0]);
    return finish();
}
