/* Runs made in a child process each, from a machine that rests after its boot: for the sanitized program,
 * whose run-time cannot be taken back in time. */
#ifdef __SANITIZE_ADDRESS__
#define _GNU_SOURCE
#include "arch/sim/explore_private.h"
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STUCK_SECONDS 20 /* host time between two choice points that only an endless loop needs */

const bool run_can_pause = false;

static int child_stderr = -1; /* sanitizers write here */
static bool in_child;

noreturn void run_finish(enum verdict verdict)
{
    run->verdict = verdict;
    if (!in_child) { /* the boot itself failed: there is no schedule to report */
        run_boot_failed();
        _exit(2);
    }
    _exit(verdict == RUN_PASSED ? 0 : 1);
}

/* The sanitizer's own handlers have the better words. */
bool run_crashed(int signal_number, void *context)
{
    return false;
}

static noreturn void run_child(const struct schedule *schedule)
{
    in_child = true;
    signal(SIGINT, SIG_IGN); /* the template process decides */
    alarm(STUCK_SECONDS);
    dup2(child_stderr, 1);
    dup2(child_stderr, 2);
    memory_unshare();
    strategy_begin(schedule, exploring->cpus);
    mmu_set_forgetful(schedule->forget);
    machine_record(exploring->steps, false);
    machine_run();
    sim_fail("the machine stopped without a verdict");
}

/* What the sanitizers said goes behind the kernel's own words. */
static void collect_stderr(void)
{
    char text[4096];
    ssize_t n;
    off_t at = 0;

    while ((n = pread(child_stderr, text, sizeof(text), at)) > 0) {
        run_log(text, (size_t)n);
        at += n;
    }
}

static void name_verdict(int status)
{
    char died[100] = "the machine ended with a failing status";

    if (run->verdict == RUN_PASSED && status != 0)
        run->verdict = RUN_UNFINISHED;
    if (run->verdict != RUN_PASSED)
        collect_stderr();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(died, sizeof(died), "a loop without any choice point");
    else if (WIFSIGNALED(status))
        snprintf(died, sizeof(died), "the kernel touched memory that is not there (%s)",
                 strsignal(WTERMSIG(status)));
    run_name_verdict(died);
}

bool run_schedule(const struct schedule *schedule)
{
    int status = 0;

    run->verdict = RUN_UNFINISHED;
    run->sentence[0] = '\0';
    run->steps = run->log_bytes = 0;
    if (ftruncate(child_stderr, 0) || lseek(child_stderr, 0, SEEK_SET) < 0)
        abort();
    pid_t pid = fork();
    if (pid == 0)
        run_child(schedule);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("fork");
        exit(2);
    }
    name_verdict(status);
    return run->verdict == RUN_PASSED;
}

void run_prepare(void)
{
    child_stderr = memfd_create("stderr", MFD_CLOEXEC);
}

/* explore.c asks run_can_pause before it lets the search in. */
void run_begin(const struct schedule *schedule)
{
    abort();
}
void run_continue(void)
{
    abort();
}
#endif
