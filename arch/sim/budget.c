/* How much is explored: count, host time, Ctrl-C; and the line that says how far it is. */
#define _GNU_SOURCE
#include "arch/sim/explore_private.h"
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static double begun, begun_cpu, shown_at;
static volatile sig_atomic_t interrupted; /* Ctrl-C: say what was covered so far */

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

/* What a loaded host does not change: for figures. A sanitized run's children count when they have ended. */
static double cpu_seconds(void)
{
    struct rusage self, children;

    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(self.ru_utime.tv_sec + self.ru_stime.tv_sec + children.ru_utime.tv_sec +
                    children.ru_stime.tv_sec) +
           (double)(self.ru_utime.tv_usec + self.ru_stime.tv_usec + children.ru_utime.tv_usec +
                    children.ru_stime.tv_usec) /
               1e6;
}

void show_progress(const char *strategy, u32 bound)
{
    double gone;

    if (!exploring->progress || (run_can_pause && findings->schedules % 64))
        return;
    gone = now_seconds() - begun;
    if (gone < shown_at + 1)
        return;
    shown_at = gone;
    fprintf(stderr, "\r  %s: %s", exploring->test->name, strategy);
    if (bound != ~0u)
        fprintf(stderr, " up to %u deviations, %u states", bound, findings->states);
    fprintf(stderr, ", %u schedules, %.0f a second", findings->schedules, findings->schedules / gone);
    if (exploring->seconds)
        fprintf(stderr, ", %.0f s left", exploring->seconds > gone ? exploring->seconds - gone : 0.0);
    else
        fprintf(stderr, ", %u left", exploring->schedules - findings->schedules);
    fprintf(stderr, "   ");
}

static double seconds_used(void)
{
    return exploring->by_processor ? cpu_seconds() - begun_cpu : now_seconds() - begun;
}

bool out_of_budget(void)
{
    return interrupted || findings->schedules >= exploring->schedules ||
           (exploring->seconds && findings->schedules % 16 == 0 && seconds_used() >= exploring->seconds);
}

static void on_interrupt(int signal_number)
{
    interrupted = 1;
}

void budget_begin(void)
{
    begun = now_seconds();
    begun_cpu = cpu_seconds();
}

void budget_end(void)
{
    findings->seconds = cpu_seconds() - begun_cpu;
    findings->interrupted = interrupted;
}

void budget_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};

    sigaction(SIGINT, &action, NULL);
}
