/* What a running test reports, for host and kernel alike. */
#include "tests/test.h"
#include "arch/atomic.h"
#include "lib/format.h"
#include "lib/string.h"

static atomic_t failures; /* of the running test */
void (*test_output)(const char *line);

void test_fail(const char *file, int line, const char *fmt, ...)
{
    char text[240];
    va_list args;

    atomic_inc(&failures);
    int n = fmt_snprintf(text, sizeof text, "  # %s:%d: ", file, line);
    va_start(args, fmt);
    fmt_vsnprintf(text + n, sizeof text - n, fmt, args);
    va_end(args);
    test_output(text);
}

bool test_failed(void)
{
    return atomic_read(&failures) != 0;
}

void test_note(const char *fmt, ...)
{
    char text[240] = "  # ";
    va_list args;

    va_start(args, fmt);
    fmt_vsnprintf(text + 4, sizeof text - 4, fmt, args);
    va_end(args);
    test_output(text);
}

bool test_run(const struct test *test)
{
    atomic_set(&failures, 0);
    refusal_begin();
    test->run();
    refusal_end();
    return !test_failed();
}

void test_report(const struct test *test, u32 number, bool passed)
{
    char line[240];

    fmt_snprintf(line, sizeof line, "%s %u - %s: %s", passed ? "ok" : "not ok", number, test->name,
                 test->shows ? test->shows : "");
    test_output(line);
}

bool test_run_one(const struct test *test, u32 number)
{
    bool passed = test_run(test);

    test_report(test, number, passed);
    return passed;
}
