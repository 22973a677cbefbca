/* The runner inside the test image: test=GLOB chooses, TAP goes to the control port, the verdict is the exit
 * status. */
#include "arch/clock.h"
#include "arch/cpu.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "diag/race.h"
#include "diag/watchpoints.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "sched/sched.h"
#include "sync/crosscall.h"
#include "sync/held.h"
#include "sync/lock_stat.h"
#include "sync/rcu.h"
#include "tests/data_races.h"
#include "tests/machine/scratch_disk.h"
#include "tests/scale.h"
#include "tests/test.h"

#define DEFAULT_LIMIT_TICKS 12000u
#define LOCK_REPORT_LINES   128u

static char wanted[WORD_TEXT_MAX];
BOOT_TEXT(test, "run the tests whose names match this pattern (test image)", wanted);

static bool refusals;
BOOT_FLAG(refusals, "each test again for each place in the kernel that allocates, refused once (test image)",
          &refusals);
static bool refuse_new;
BOOT_FLAG(refuse_new,
          "with refusals: places at which an earlier test was refused are left alone (test image)",
          &refuse_new);

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

static bool is_wanted(const struct test *test)
{
    return glob_match(wanted, test->name);
}

/* Why it is not run here and now; NULL when it is. */
static const char *why_skipped(const struct test *test)
{
    static char reason[32];

    if (test->cpus > cpu_count()) {
        fmt_snprintf(reason, sizeof reason, "needs %u CPUs", test->cpus);
        return reason;
    }
    if (test->disk && !scratch_disk_is_there())
        return "needs the scratch disk (DISK=yes)";
    return refusals ? test->no_refusals : NULL;
}

static struct {
    u32 refused, leaked;
} total;

static bool was_refused(vaddr_t place)
{
    vaddr_t ip;
    u32 times;

    for (u32 i = 0; alloc_site(i, &ip, &times); i++)
        if (ip == place)
            return times != 0;
    return false;
}

static bool run_watched(const struct test *test)
{
    u64 ticks = (u64)(test->limit_ticks ? test->limit_ticks : DEFAULT_LIMIT_TICKS) * test_patience();

    running = test;
    timer_arm(&limit, clock_ns() + ticks * (1000000000u / TICK_HZ), limit_passed);
    watch_begin();
    bool passed = test_run(test);
    passed &= data_races_tell(watch_end());
    timer_cancel(&limit);
    race_reset();
    return passed;
}

/* Whole, and then again for each place that asked for memory. */
static bool run_with_refusals(const struct test *test)
{
    static vaddr_t asked_by[PLACES_MAX];
    u32 refused = 0, n, i;

    refusal_choose(0, 0);
    bool passed = run_watched(test);
    n = refusal_places(asked_by);
    for (i = 0; i < n && passed; i++) {
        if (refuse_new && was_refused(asked_by[i]))
            continue;
        refusal_choose(0, asked_by[i]);
        passed = run_watched(test);
        refused += refusal_happened();
        total.leaked += refusal_leaked();
    }
    if (!passed && i)
        test_note("the first allocation that %pS asks for was to be refused", (void *)asked_by[i - 1]);
    else if (n)
        test_note("%u of %u places were refused", refused, n);
    total.refused += refused;
    return passed;
}

static bool run_and_report(const struct test *test, u32 number)
{
    bool passed = refusals ? run_with_refusals(test) : run_watched(test);

    test_report(test, number, passed);
    return passed;
}

/* Where each place is refused once and no more, the scenarios come first: they take no time, and what is left
 * for the tests of the machine is little. */
static bool is_its_turn(const struct test *test, u32 pass)
{
    return !refuse_new || glob_match("tests/smp/*", test->file) == (pass == 0);
}

static u32 count_wanted(void)
{
    u32 n = 0;

    for (const struct test *const *t = __start_tests; t < __stop_tests; t++)
        n += is_wanted(*t);
    return n;
}

static void lock_report_line(void *ctx, const char *text)
{
    control_record("lockstat %s", text);
}

/* Who asked and was never refused is told, too: a place that asks in some schedules only. */
static void report_refusals(void)
{
    u32 sites = 0, spared = 0, times;
    vaddr_t ip;

    for (u32 i = 0; alloc_site(i, &ip, &times); i++) {
        test_note("%5u refused: %pS", times, (void *)ip);
        sites += times != 0;
        spared += times == 0;
    }
    test_note("%u allocations refused at %u places, %u asked and were not; leaked %u", total.refused, sites,
              spared, total.leaked);
}

static struct {
    u32 number, failed, skipped;
} tally;

static void run_or_skip(const struct test *test)
{
    const char *reason = why_skipped(test);
    char line[200];

    tally.number++;
    if (!reason) {
        tally.failed += !run_and_report(test, tally.number);
        return;
    }
    fmt_snprintf(line, sizeof line, "ok %u - %s # SKIP %s", tally.number, test->name, reason);
    print_line(line);
    tally.skipped++;
}

static void nothing(void *unused) {}

/* A wait that began is in the trace; it is in the report when it ends. The other CPUs are idle by now: what
 * they spin for, asked to look at their queues, they get; and an idle CPU that answers has counted it. */
static void let_waits_end(void)
{
    struct cpumask all = {{0}};

    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        cpumask_set(&all, cpu);
        while (READ_ONCE(per_cpu(spins_for, cpu).lock))
            cpu_relax();
    }
    crosscall(&all, nothing, NULL);
}

noreturn void tests_main(void)
{
    char line[120];
    u64 began = clock_ns();

    test_output = print_line;
    race_pause = task_yield;
    if (count_wanted() == 0)
        boot_refuse("test=%s: no test has such a name", wanted);
    fmt_snprintf(line, sizeof line, "1..%u", count_wanted());
    print_line("TAP version 14");
    print_line(line);
    for (u32 pass = 0; pass < (refuse_new ? 2u : 1u); pass++)
        for (const struct test *const *t = __start_tests; t < __stop_tests; t++)
            if (is_wanted(*t) && is_its_turn(*t, pass))
                run_or_skip(*t);
    if (refusals)
        report_refusals();
    WRITE_ONCE(sched_idle_work, NULL); /* what idle CPUs wait for from here on would be in the trace alone */
    rcu_synchronize();
    let_waits_end();
    lock_stat_report(lock_report_line, NULL, LOCK_REPORT_LINES);
    fmt_snprintf(line, sizeof line, "# %u passed, %u failed, %u skipped",
                 tally.number - tally.failed - tally.skipped, tally.failed, tally.skipped);
    print_line(line);
    control_record("time %u", (u32)((clock_ns() - began) / 1000));
    control_record("exit %d", tally.failed != 0);
    machine_exit(tally.failed != 0);
}
