/*
 * Signals: signal(7), sigaction(2), sigaltstack(2), sigwaitinfo(2), sigsuspend(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>

static volatile sig_atomic_t caught, last_code;
static volatile int *shared_caught; /* a child sees it too */
static void count(int signal)
{
    (void)signal;
    caught++;
    ++*shared_caught;
}
static void note_info(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    caught++;
    last_code = info->si_code;
}
static volatile double noise = 1.5;
static void use_fpu(int signal)
{
    (void)signal;
    for (int i = 0; i < 100; i++)
        noise = noise * 1.0001 + 0.1;
    caught++;
}

/* A call that sleeps ends with EINTR, or goes on with SA_RESTART. */
static void check_interrupted_calls(void)
{
    char byte;
    int ends[2];
    check(pipe(ends) == 0);
    caught = 0;
    set_handler(SIGALRM, count, 0);
    alarm_in(30000);
    check(read(ends[0], &byte, 1) == -1 && errno == EINTR && caught >= 1);
    alarm_in(0);
    caught = *shared_caught = 0;
    set_handler(SIGALRM, count, SA_RESTART);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) { /* its own timer is none: a signal that it sends comes while the read sleeps */
        await_asleep(parent);
        kill(parent, SIGALRM);
        while (!*shared_caught)
            sched_yield();
        await_asleep(parent); /* again */
        _exit(write(ends[1], "x", 1) != 1);
    }
    check(read(ends[0], &byte, 1) == 1 && caught == 1);
    check(child_status(pid) == 0);
    close(ends[0]);
    close(ends[1]);
}

/* A handler that computes disturbs nobody's registers. */
static void check_fpu(void)
{
    set_handler(SIGALRM, use_fpu, 0);
    double sum = 0;
    caught = 0;
    alarm_in(20000);
    for (long i = 1; !caught; i++)
        sum += 1.0 / (double)i / (double)(i + 1);
    alarm_in(0);
    check(sum > 0.4 && sum < 1.001);
}

static void check_info(void)
{
    struct sigaction action = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO | SA_RESETHAND};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    check(last_code == SI_TKILL);
    check(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}

static void check_queued(void)
{
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    raise(SIGUSR2);
    check(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2));
    siginfo_t info;
    struct timespec soon = {0, 20000000};
    check(sigtimedwait(&set, &info, &soon) == SIGUSR2);
    check(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10 + i});
    for (int i = 0; i < 3; i++)
        check(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == 10 + i &&
              info.si_code == SI_QUEUE);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void check_mask(void)
{
    set_handler(SIGUSR1, count, 0);
    sigset_t all, former;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &former);
    caught = 0;
    raise(SIGUSR1);
    check(caught == 0);
    sigset_t none;
    sigemptyset(&none);
    check(sigsuspend(&none) == -1 && errno == EINTR && caught == 1);
    sigset_t now;
    sigprocmask(SIG_SETMASK, &former, &now);
    check(sigismember(&now, SIGUSR1));
}

static void check_broken_pipe(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    close(ends[0]);
    set_handler(SIGPIPE, count, 0);
    caught = 0;
    check(write(ends[1], "x", 1) == -1 && errno == EPIPE && caught == 1);
    close(ends[1]);
}

static char alt_stack[32768];
static volatile uintptr_t handler_sp;
static sigjmp_buf back;
static void on_overflow(int signal)
{
    int here;
    (void)signal;
    handler_sp = (uintptr_t)&here;
    siglongjmp(back, 1);
}
static int recurse(int depth)
{
    volatile char page[4000];
    page[0] = (char)depth;
    return depth == 1000000 ? 0 : recurse(depth + 1) + page[0]; /* the stack ends long before */
}
/* A stack overflow can only be handled on another stack: sigaltstack(2). */
static void check_alt_stack(void)
{
    stack_t alt = {.ss_sp = alt_stack, .ss_size = sizeof(alt_stack)};
    check(sigaltstack(&alt, NULL) == 0);
    set_handler(SIGSEGV, on_overflow, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0)
        recurse(0);
    check(handler_sp >= (uintptr_t)alt_stack && handler_sp < (uintptr_t)alt_stack + sizeof(alt_stack));
    set_handler(SIGSEGV, SIG_DFL, 0);
}

static volatile sig_atomic_t fpe_code;
static void on_fpe(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    fpe_code = info->si_code;
    siglongjmp(back, 1);
}
static void check_exceptions(void)
{
    struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    volatile int zero = 0, one = 1;
    if (sigsetjmp(back, 1) == 0)
        one = one / zero;
    check(fpe_code == FPE_INTDIV);
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("ud2");
    check(fpe_code == ILL_ILLOPN);
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("hlt");
    check(fpe_code == SI_KERNEL);
    signal(SIGFPE, SIG_DFL);
    signal(SIGILL, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
    shared_caught = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    setvbuf(stdout, NULL, _IONBF, 0);
    check(shared_caught != MAP_FAILED);
    check_interrupted_calls();
    check_fpu();
    check_info();
    check_queued();
    check_mask();
    check_broken_pipe();
    check_alt_stack();
    check_exceptions();
    return finish();
}
