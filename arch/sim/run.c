/* What a run leaves behind: its log, and its verdict in a sentence. How one is made again and again is
 * run_inplace.c's business, or run_fork.c's. */
#define _GNU_SOURCE
#include "arch/sim/explore_private.h"
#include "arch/sim/machine.h"
#include "arch/sim/sim.h"
#include "arch/sim/symbolize.h"
#include "lib/types.h"
#include "mm/frame/alloc_fail.h"
#include <stdio.h>
#include <string.h>

struct run *run;
u32 run_refuse;

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

noreturn void sim_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(run->sentence, sizeof(run->sentence), fmt, args);
    va_end(args);
    run_finish(RUN_BROKEN);
}

/* The first task. What comes after the pause is made again for each schedule. */
static void main_task(void *arg)
{
    test_output = log_line;
    sim_settle();
    machine_pause();
    if (run_refuse)
        refusal_choose(run_refuse, 0);
    bool passed = test_run_one(exploring->test, 1);
    run->refused = refusal_happened() ? alloc_fail_site() : 0;
    run->asked = refusal_asked();
    run->leaked = refusal_leaked();
    run_finish(passed ? RUN_PASSED : RUN_FAILED);
}

void run_boot(void)
{
    sim_boot(exploring->cpus, exploring->words, main_task);
    if (exploring->trace)
        replay_trace_start();
    run_prepare();
}

void run_boot_failed(void)
{
    fprintf(stderr, "the simulated machine did not boot:\n%.*s%s\n", (int)run->log_bytes, run->log,
            run->sentence);
}

/* ---- the sentence ---- */

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

void run_name_verdict(const char *otherwise)
{
    findings->max_steps = MAX(findings->max_steps, run->steps);
    if (run->verdict == RUN_PASSED || run->verdict == RUN_KNOWN)
        return;
    if (run->verdict == RUN_ENDLESS)
        snprintf(run->sentence, sizeof(run->sentence),
                 "no end after %u choice points: livelock, or a wake-up was lost while somebody polls",
                 run->steps);
    if (!run->sentence[0] && !sentence_from(run->log, run->log_bytes))
        snprintf(run->sentence, sizeof(run->sentence), "%s", otherwise);
    symbolize_places(run->sentence, sizeof(run->sentence));
}
