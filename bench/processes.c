/* Calls, processes, signals, threads. */
#define _GNU_SOURCE
#include "bench.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

static uint64_t call_getppid(unsigned i)
{
    (void)i;
    return COUNT(syscall(SYS_getppid));
}
static uint64_t call_yield(unsigned i)
{
    (void)i;
    return COUNT(sched_yield());
}
static uint64_t call_futex_wake(unsigned i)
{
    static uint32_t word;
    (void)i;
    return COUNT(syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
}

static void wait_for(pid_t child)
{
    int status = -1;
    need(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}
static uint64_t fork_exit(unsigned i)
{
    (void)i;
    pid_t child = -1;
    return COUNT(child = fork(); if (child == 0) _exit(0); wait_for(child));
}
static void touch_4m(void)
{
    volatile char *p = fresh(4u << 20);
    for (unsigned k = 0; k < 1024; k++)
        p[k * PAGE] = 1;
}
/* A function of its own: the child of vfork runs on this frame, and the caller's variables stay out of its
 * reach. */
static __attribute__((noinline)) pid_t vfork_and_run(const char *path)
{
    static char *const argv[] = {"tiny", NULL}, *const envp[] = {NULL};
    pid_t child = vfork();

    if (child == 0) {
        if (path)
            execve(path, argv, envp);
        _exit(path != NULL);
    }
    return child;
}
static uint64_t vfork_exit(unsigned i)
{
    (void)i;
    return COUNT(wait_for(vfork_and_run(NULL)));
}
static uint64_t vfork_exec(unsigned i)
{
    (void)i;
    return COUNT(wait_for(vfork_and_run("/tiny")));
}

static volatile char *forbidden;
static void take_note(int signal)
{
    (void)signal;
}
/* Steps over the two-byte store `movb %al,(%ecx)`, so that nothing but fault, handler and return is counted.
 */
static void step_over(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EIP] += 2;
}
static void prepare_segv(void)
{
    struct sigaction action = {.sa_sigaction = step_over, .sa_flags = SA_SIGINFO};
    need(sigaction(SIGSEGV, &action, NULL) == 0);
    forbidden = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(forbidden != MAP_FAILED);
}
static uint64_t segv(unsigned i)
{
    (void)i;
    return COUNT(__asm__ volatile("movb %%al,(%0)" ::"c"(forbidden) : "memory"));
}
static void prepare_signal(void)
{
    struct sigaction action = {.sa_handler = take_note};
    need(sigaction(SIGUSR1, &action, NULL) == 0);
}
static uint64_t signal_self(unsigned i)
{
    static pid_t me, thread;
    if (i == 0) {
        me = getpid();
        thread = (pid_t)syscall(SYS_gettid);
    }
    return COUNT(syscall(SYS_tgkill, me, thread, SIGUSR1));
}

static int to_child[2], to_parent[2];
static void prepare_pipes(void)
{
    need(pipe(to_child) == 0 && pipe(to_parent) == 0);
    pid_t child = fork();
    need(child >= 0);
    if (child == 0) {
        char byte;
        close(to_child[1]); /* or this reader would be its own writer, and never see the end */
        while (read(to_child[0], &byte, 1) == 1 && write(to_parent[1], &byte, 1) == 1) {
        }
        _exit(0);
    }
}
static uint64_t ping_pong(unsigned i)
{
    char byte = (char)i;
    ssize_t n = 0;
    uint64_t count = COUNT(n = write(to_child[1], &byte, 1) + read(to_parent[0], &byte, 1));
    need(n == 2);
    return count;
}

static void *nothing(void *arg)
{
    return arg;
}
static uint64_t thread_life(unsigned i)
{
    pthread_t thread;
    int failed = 0;
    (void)i;
    uint64_t n = COUNT(failed = pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL));
    need(failed == 0);
    return n;
}

BENCH_ROWS({"getppid", NULL, call_getppid, 0}, {"sched_yield alone", NULL, call_yield, 0},
           {"futex wake, nobody waits", NULL, call_futex_wake, 0}, {"fork+exit+wait", NULL, fork_exit, 31},
           {"fork+exit+wait, 4 MiB touched", touch_4m, fork_exit, 31},
           {"vfork+exit+wait", NULL, vfork_exit, 31}, {"vfork+exec+wait, tiny program", NULL, vfork_exec, 31},
           {"SIGSEGV + handler + return", prepare_segv, segv, 0},
           {"signal to self + return", prepare_signal, signal_self, 0},
           {"pipe ping-pong, round trip", prepare_pipes, ping_pong, 0},
           {"pthread create + join", NULL, thread_life, 31})
