/* One schedule: a child process of the booted machine runs it, the verdict and all steps come back in *run.
 */
#define _GNU_SOURCE
#include "arch/sim/explore_private.h"
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/sim.h"
#include "lib/types.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STUCK_SECONDS 20 /* host time between two choice points that only an endless loop needs */

struct run *run;
static int child_stderr = -1; /* sanitizers write here */
static bool in_child;

/* ---- inside a run ---- */

void run_log(const char *text, size_t n)
{
    if (!run)
        return;
    size_t room = sizeof(run->log) - run->log_bytes;
    if (n > room)
        n = room;
    memcpy(run->log + run->log_bytes, text, n);
    run->log_bytes += (u32)n;
}

static void log_line(const char *line)
{
    run_log(line, strlen(line));
    run_log("\n", 1);
}

noreturn void run_finish(enum verdict verdict)
{
    run->verdict = verdict;
    if (!in_child) { /* the boot itself failed: there is no schedule to report */
        fprintf(stderr, "the simulated machine did not boot:\n%.*s%s\n", (int)run->log_bytes, run->log,
                run->sentence);
        _exit(2);
    }
    _exit(verdict == RUN_PASSED ? 0 : 1);
}

noreturn void sim_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(run->sentence, sizeof(run->sentence), fmt, args);
    va_end(args);
    run_finish(RUN_BROKEN);
}

/* The first task. What comes after the pause is repeated for each schedule, in a child of its own. */
static void main_task(void *arg)
{
    test_output = log_line;
    sim_settle();
    machine_pause();
    run_finish(test_run_one(exploring->test, 1) ? RUN_PASSED : RUN_FAILED);
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
    machine_record(exploring->steps);
    machine_run();
    sim_fail("the machine stopped without a verdict");
}

/* ---- one schedule ---- */

static void copy_line(const char *from, const char *text_end)
{
    size_t n = 0;

    while (from + n < text_end && from[n] && from[n] != '\n' && n < sizeof(run->sentence) - 1)
        n++;
    memcpy(run->sentence, from, n);
    run->sentence[n] = '\0';
}

/* The first line of `text` that says what went wrong. */
static bool sentence_from(const char *text, size_t bytes)
{
    static const char *const signs[] = {
        "ERROR: AddressSanitizer", "runtime error:", "panic on", "oops on", "  # ", "not ok"};
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        const char *at = memmem(text, bytes, signs[i], strlen(signs[i]));
        if (!at)
            continue;
        while (at > text && at[-1] != '\n')
            at--;
        at += strspn(at, " #");
        copy_line(at, text + bytes);
        return true;
    }
    return false;
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
    if (run->verdict == RUN_PASSED && status != 0)
        run->verdict = RUN_UNFINISHED;
    if (run->verdict == RUN_PASSED)
        return;
    collect_stderr();
    if (run->verdict == RUN_ENDLESS)
        snprintf(run->sentence, sizeof(run->sentence),
                 "no end after %u choice points: livelock, or a wake-up was lost "
                 "while somebody polls",
                 run->steps);
    if (run->sentence[0] || sentence_from(run->log, run->log_bytes))
        return;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(run->sentence, sizeof(run->sentence), "a loop without any choice point");
    else if (WIFSIGNALED(status))
        snprintf(run->sentence, sizeof(run->sentence), "the kernel touched memory that is not there (%s)",
                 strsignal(WTERMSIG(status)));
    else
        snprintf(run->sentence, sizeof(run->sentence), "the machine ended with a failing status");
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
    findings->max_steps = findings->max_steps > run->steps ? findings->max_steps : run->steps;
    return run->verdict == RUN_PASSED;
}

void run_boot(void)
{
    child_stderr = memfd_create("stderr", MFD_CLOEXEC);
    sim_boot(exploring->cpus, exploring->words, main_task);
}
