/*
 * Measuring one operation in instructions. Under QEMU's `-icount shift=0` an instruction takes one nanosecond
 * of guest time and RDTSC reads that time, so the difference of two readings is a count of instructions, the
 * same in every run.
 *
 * A row is a function that performs the operation once and returns its count; it runs in a process of its
 * own, so that a row which the kernel cannot do costs that row only. Prints `bench NAME<tab>MEDIAN`, one line
 * a row.
 */
#pragma once
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE        4096u
#define MAX_SAMPLES 256

struct row {
    const char *name;               /* as in baseline.tsv */
    void (*prepare)(void);          /* once, unmeasured; may be NULL */
    uint64_t (*sample)(unsigned i); /* the i-th sample's instructions */
    unsigned samples;               /* how many; 0: 101 */
};

static inline uint64_t now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return ((uint64_t)high << 32) | low;
}

static uint64_t reading_cost; /* of two readings with nothing between */

/* Instructions that `what` takes. */
#define COUNT(what)                                                                                          \
    ({                                                                                                       \
        uint64_t start_ = now();                                                                             \
        what;                                                                                                \
        now() - start_ - reading_cost;                                                                       \
    })

#define SAID_WHY 77
/* Ends the row's process with the reason: the row is reported as missing. */
#define need(cond)                                                                                           \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            printf("bench %s\tmissing: %s (%s)\n", row_running, #cond, strerror(errno));                     \
            fflush(stdout);                                                                                  \
            _exit(SAID_WHY);                                                                                 \
        }                                                                                                    \
    } while (0)
static const char *row_running = "calibration";

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t median(uint64_t *values, unsigned n)
{
    qsort(values, n, sizeof *values, by_size);
    return values[n / 2];
}

static uint64_t sample_nothing(void)
{
    uint64_t start = now();
    return now() - start;
}

/* 200,000 turns of a loop of two instructions: tells the runner what one instruction counts as. */
static uint64_t sample_known_loop(void)
{
    uint32_t turns = 200000;
    return COUNT(__asm__ volatile("1: decl %0; jnz 1b" : "+r"(turns)));
}

static void calibrate(void)
{
    uint64_t values[31];

    for (unsigned i = 0; i < 31; i++)
        values[i] = sample_nothing();
    reading_cost = median(values, 31);
    for (unsigned i = 0; i < 31; i++)
        values[i] = sample_known_loop();
    printf("bench calibration\t%llu\n", (unsigned long long)median(values, 31));
}

/* `make bench-where` lets the machine run to the first of these, and traces it until the second. */
#define TRACED_SAMPLES 3u
__attribute__((noinline, used)) static void bench_trace_begins(void)
{
    __asm__ volatile("");
}
__attribute__((noinline, used)) static void bench_trace_ends(void)
{
    __asm__ volatile("");
}

static void run_row(const struct row *row)
{
    static uint64_t values[MAX_SAMPLES];
    unsigned n = row->samples ? row->samples : 101;

    row_running = row->name;
    if (row->prepare)
        row->prepare();
    memset(values, 0, sizeof values); /* its pages are ours before the first sample */
    for (unsigned i = 0; i < n; i++) {
        if (i == n / 2)
            bench_trace_begins();
        values[i] = row->sample(i);
        if (i == n / 2 + TRACED_SAMPLES - 1 || i == n - 1)
            bench_trace_ends();
    }
    printf("bench %s\t%llu\n", row->name, (unsigned long long)median(values, n));
}

/* Every row of a program, or the one that is named, each in its own process. */
static inline int run_rows(const struct row *rows, unsigned n, const char *only)
{
    calibrate();
    for (unsigned i = 0; i < n; i++) {
        int status = 0;
        if (only && strcmp(only, rows[i].name) != 0)
            continue;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            run_row(&rows[i]);
            fflush(stdout);
            _exit(0);
        }
        bool ended = child >= 0 && waitpid(child, &status, 0) == child;
        if (!ended || (status != 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == SAID_WHY)))
            printf("bench %s\tmissing: status %#x\n", rows[i].name, status);
    }
    return 0;
}
#define BENCH_ROWS(...)                                                                                      \
    int main(int argc, char **argv)                                                                          \
    {                                                                                                        \
        static const struct row rows[] = {__VA_ARGS__};                                                      \
        return run_rows(rows, sizeof rows / sizeof *rows, argc > 1 ? argv[1] : NULL);                        \
    }

/* Private anonymous memory, untouched. */
static inline volatile char *fresh(size_t bytes)
{
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(p != MAP_FAILED);
    return p;
}
