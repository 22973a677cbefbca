/*
 * Runs made in place: the machine is taken back to where it rested after its boot (checkpoint.h) and goes on
 * from there under another schedule. The sanitized program cannot (its shadow memory has a past of its own)
 * and forks instead: run_fork.c.
 */
#ifndef __SANITIZE_ADDRESS__
#define _GNU_SOURCE
#include "arch/sim/checkpoint.h"
#include "arch/sim/explore_private.h"
#include "arch/sim/hooks.h"
#include "arch/sim/machine.h"
#include "arch/sim/mmu.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define STUCK_SECONDS 20 /* host time between two choice points that only an endless loop needs */

const bool run_can_pause = true;

static struct checkpoint start;
static bool in_run;
static int crash_signal;
static u32 runs; /* made so far */

/* `make replay GDB=1` stops here: one frame up is the step that failed, on the stack of the task that made
 * it. */
static noinline void run_failed_here(void)
{
    barrier();
}

noreturn void run_finish(enum verdict verdict)
{
    run->verdict = verdict;
    if (verdict != RUN_PASSED && verdict != RUN_KNOWN)
        run_failed_here();
    if (!in_run) { /* the boot itself failed: there is no schedule to report */
        run_boot_failed();
        _exit(2);
    }
    for (;;)
        machine_pause(); /* for good: the host takes the machine back */
}

/* Where a run goes on whose code the host's processor refused: on a stack that is surely there. */
static noreturn void crashed(void)
{
    if (crash_signal == SIGALRM)
        sim_fail("a loop without any choice point");
    sim_fail("the kernel touched memory that is not there, or made the host's processor stop (%s)",
             strsignal(crash_signal));
}

bool run_crashed(int signal_number, void *context)
{
    static char stack[64 << 10];
    ucontext_t *at = context;

    if (!in_run)
        return false;
    crash_signal = signal_number;
    at->uc_mcontext.gregs[REG_ESP] = (greg_t)(uintptr_t)(stack + sizeof(stack) - 64);
    at->uc_mcontext.gregs[REG_EIP] = (greg_t)(uintptr_t)crashed;
    return true;
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    if (!run_crashed(number, context))
        signal(number, SIG_DFL);
}

/* Once a second: has the run passed a choice point since? */
static void on_second(int number, siginfo_t *info, void *context)
{
    static u32 seen_runs, seen_steps, seconds;

    if (!in_run || runs != seen_runs || run->steps != seen_steps)
        seconds = 0;
    seen_runs = runs;
    seen_steps = run->steps;
    if (++seconds > STUCK_SECONDS)
        run_crashed(number, context);
}

void run_prepare(void)
{
    static const int signals[] = {SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    struct itimerval second = {{1, 0}, {1, 0}};

    for (u32 i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    action.sa_sigaction = on_second;
    action.sa_flags |= SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &second, NULL);
    hooks_prepare();
    checkpoint_take(&start);
    start.steps = 0;
}

void run_begin(const struct schedule *schedule)
{
    run->sentence[0] = '\0';
    checkpoint_return_to(&start);
    strategy_begin(schedule, exploring->cpus);
    mmu_set_forgetful(schedule->forget);
    machine_record(exploring->steps, exploring->test->cpus != 0); /* a unit test runs once */
}

void run_continue(void)
{
    run->verdict = RUN_UNFINISHED;
    runs++;
    in_run = true;
    machine_run();
    in_run = false;
    if (run->verdict != RUN_UNFINISHED)
        run_name_verdict("the machine ended with a failing status");
}

bool run_schedule(const struct schedule *schedule)
{
    run_begin(schedule);
    run_continue();
    return run->verdict == RUN_PASSED;
}
#endif
