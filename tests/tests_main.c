/* The runner inside the test image: test=GLOB chooses, TAP goes to the control port, the verdict is the exit
 * status. */
#include "arch/clock.h"
#include "arch/cpu.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "diag/race.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "sync/lock_stat.h"
#include "tests/scale.h"
#include "tests/test.h"

#define DEFAULT_LIMIT_TICKS 12000u
#define LOCK_REPORT_LINES   128u

static char wanted[WORD_TEXT_MAX];
BOOT_TEXT(test, "run the tests whose names match this pattern (test image)", wanted);

static const struct test *running;
static struct timer limit;

const char *tests_wanted(void)
{
    return wanted;
}

static void print_line(const char *line)
{
    control_record("tap %s", line);
    printk("%s\n", line);
}

/* In interrupt context: the test made no end in guest time. Says where everything stands, then gives up. */
static void limit_passed(struct timer *timer)
{
    printk("not ok - %s: hung: no end after its limit of guest time\n", running->name);
    control_record("tap not ok - %s: hung: no end after its limit of guest time", running->name);
    dump_everything();
    machine_exit(1);
}

static bool run_watched(const struct test *test, u32 number)
{
    u64 ticks = (u64)(test->limit_ticks ? test->limit_ticks : DEFAULT_LIMIT_TICKS) * test_patience();

    running = test;
    timer_arm(&limit, clock_ns() + ticks * (1000000000u / TICK_HZ), limit_passed);
    bool passed = test_run_one(test, number);
    timer_cancel(&limit);
    race_reset();
    return passed;
}

static u32 count_wanted(void)
{
    u32 n = 0;

    for (const struct test *const *t = __start_tests; t < __stop_tests; t++)
        n += glob_match(wanted, (*t)->name);
    return n;
}

static void lock_report_line(void *ctx, const char *text)
{
    control_record("lockstat %s", text);
}

noreturn void tests_main(void)
{
    u32 number = 0, failed = 0, skipped = 0;
    char line[120];
    u64 began = clock_ns();

    test_output = print_line;
    race_pause = task_yield;
    if (count_wanted() == 0)
        boot_refuse("test=%s: no test has such a name", wanted);
    fmt_snprintf(line, sizeof line, "1..%u", count_wanted());
    print_line("TAP version 14");
    print_line(line);
    for (const struct test *const *t = __start_tests; t < __stop_tests; t++) {
        if (!glob_match(wanted, (*t)->name))
            continue;
        number++;
        if ((*t)->cpus > cpu_count()) {
            fmt_snprintf(line, sizeof line, "ok %u - %s # SKIP needs %u CPUs", number, (*t)->name,
                         (*t)->cpus);
            print_line(line);
            skipped++;
            continue;
        }
        failed += !run_watched(*t, number);
    }
    lock_stat_report(lock_report_line, NULL, LOCK_REPORT_LINES);
    fmt_snprintf(line, sizeof line, "# %u passed, %u failed, %u skipped", number - failed - skipped, failed,
                 skipped);
    print_line(line);
    control_record("time %u", (u32)((clock_ns() - began) / 1000));
    control_record("exit %d", failed != 0);
    machine_exit(failed != 0);
}
