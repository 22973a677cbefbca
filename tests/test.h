/*
 * One macro and one runner for host and kernel tests: a test is data. Output is TAP 14.
 *
 *   TEST(r01_same_empty_pte, .cpus = 2, .shows = "only one of two faulters installs its frame") { ... }
 */
#pragma once
#include "lib/compiler.h"
#include "tests/refusal.h"

struct test {
    const char *name;
    const char *file;
    const char *shows; /* one line: what this test shows */
    u32 cpus;          /* CPUs needed; fewer: skipped with that reason */
    bool disk; /* needs the scratch disk (tests/machine/scratch_disk.h); without: skipped with that reason */
    u32 limit_ticks; /* of guest time until it is called hung and everything is dumped; 0: 12000 */
    void (*run)(void);
    const char *no_refusals; /* why the runner refuses it nothing and skips it then; NULL: it may */
};

/* Pointers in a section of their own: the runner walks them in link order. */
#define TEST(ident, ...)                                                                                     \
    static void test_run_##ident(void);                                                                      \
    static const struct test test_##ident = {                                                                \
        .name = #ident, .file = __FILE__, .run = test_run_##ident, __VA_ARGS__};                             \
    static const struct test *const test_ptr_##ident in_section("tests") = &test_##ident;                    \
    static void test_run_##ident(void)

extern const struct test *const __start_tests[], *const __stop_tests[];

/* Records a failure of the running test and goes on; the message says the values. Any context. */
void test_fail(const char *file, int line, const char *fmt, ...) printf_like(3, 4);
bool test_failed(void);
void test_note(const char *fmt, ...) printf_like(1, 2); /* a TAP comment */
/* Runs one test; true when it passed. */
bool test_run(const struct test *test);
/* Its TAP line. The caller printed the plan. */
void test_report(const struct test *test, u32 number, bool passed);
/* Both. */
bool test_run_one(const struct test *test, u32 number);
/* One line of TAP: the kernel sends it to the control port and the console, the host prints it. */
extern void (*test_output)(const char *line);

#define check(cond)                                                                                          \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            test_fail(__FILE__, __LINE__, "%s", #cond);                                                      \
    } while (0)
#define check_eq(got, want)                                                                                  \
    do {                                                                                                     \
        long long check_got_ = (long long)(got), check_want_ = (long long)(want);                            \
        if (check_got_ != check_want_)                                                                       \
            test_fail(__FILE__, __LINE__, "%s is %lld, expected %s = %lld", #got, check_got_, #want,         \
                      check_want_);                                                                          \
    } while (0)

/* The kernel's runner (tests/tests_main.c): runs what test= names, prints TAP and the verdict, ends the
 * machine. Task context. */
noreturn void tests_main(void);
/* The glob of test=, or "" when there is none. */
const char *tests_wanted(void);
