/*
 * Where signals meet bad stacks, bad frames and bad selectors: sigaction(2), sigaltstack(2), sigreturn(2),
 * sigqueue(3).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static char stacks[2][32768];
static volatile sig_atomic_t caught, code;
static volatile uintptr_t address;
static sigjmp_buf back;

static void count(int signal)
{
    (void)signal;
    caught++;
}
static void leap(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    code = info->si_code;
    address = (uintptr_t)info->si_addr;
    siglongjmp(back, 1);
}

static void use_stack(int which, int flags)
{
    stack_t alt = {.ss_sp = stacks[which], .ss_size = sizeof stacks[which], .ss_flags = flags};
    check(sigaltstack(&alt, NULL) == 0);
}

static void set_leap(int signal)
{
    struct sigaction action = {.sa_sigaction = leap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    check(sigaction(signal, &action, NULL) == 0);
}

/* The stack pointer is nowhere: the handler cannot run, the one for SIGSEGV, on a stack of its own, does. */
static void check_no_stack(void)
{
    use_stack(0, 0);
    set_leap(SIGSEGV);
    set_handler(SIGUSR1, count, 0);
    caught = code = 0;
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("movl $16, %%esp\n\tint $0x80" : : "a"(SYS_kill), "b"(getpid()), "c"(SIGUSR1));
    check(code == SI_KERNEL && caught == 0);
}

/* sigreturn without a frame is a fault like any other. */
static void check_no_frame(void)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("movl $16, %%esp\n\tint $0x80" : : "a"(SYS_rt_sigreturn));
    check(code == SI_KERNEL);
}

/* There is no LDT, wherever a reset may have put one: a selector into it is refused, whatever lies at low
 * addresses. */
static void check_no_ldt(void)
{
    uint32_t *low =
        mmap((void *)0x1000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    check(low == (void *)0x1000);
    for (int i = 0; i < 512; i++) {
        low[2 * i] = 0xffff; /* a data segment for ring 3 */
        low[2 * i + 1] = 0xcff200;
    }
    code = 0;
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("movw %w0, %%fs" : : "r"(0x1237));
    check(code == SI_KERNEL && address == 0);
    munmap(low, 4096);
}

static void change_stack(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    use_stack(1, 0);
    caught++;
}
/* What a handler does to the alternate stack ends with the handler. */
static void check_stack_comes_back(void)
{
    struct sigaction action = {.sa_sigaction = change_stack, .sa_flags = SA_SIGINFO};
    stack_t now,
        both = {.ss_sp = stacks[1], .ss_size = sizeof stacks[1], .ss_flags = SS_ONSTACK | SS_DISABLE};
    sigaction(SIGUSR1, &action, NULL);
    caught = 0;
    raise(SIGUSR1);
    check(caught == 1 && sigaltstack(NULL, &now) == 0 && now.ss_sp == (void *)stacks[0]);
    check(sigaltstack(&both, NULL) == -1 && errno == EINVAL);
}

/* What was queued of a signal goes when it is ignored; the next one is the next one. */
static void check_queue_is_emptied(void)
{
    int signal = SIGRTMIN + 1;
    sigset_t set;
    siginfo_t info;
    const struct timespec now = {0, 0};
    sigemptyset(&set);
    sigaddset(&set, signal);
    set_handler(signal, count, 0);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 3; i++)
        check(sigqueue(getpid(), signal, (union sigval){.sival_int = i}) == 0);
    set_handler(signal, SIG_IGN, 0);
    set_handler(signal, count, 0);
    check(sigqueue(getpid(), signal, (union sigval){.sival_int = 9}) == 0);
    check(sigtimedwait(&set, &info, &now) == signal && info.si_value.sival_int == 9);
    check(sigtimedwait(&set, &info, &now) == -1 && errno == EAGAIN);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    check_no_stack();
    check_no_frame();
    check_no_ldt();
    check_stack_comes_back();
    check_queue_is_emptied();
    return finish();
}
