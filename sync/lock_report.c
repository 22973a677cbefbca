/*
 * Reports of broken lock rules. The word that makes them one at a time is no lock of ours: a report must be
 * possible in the middle of any acquisition, and must not be watched itself.
 */
#include "sync/lock_report.h"
#include "arch/cpu.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sync/lockdep.h"

#define TEXT_MAX 3072u
#define LINE_MAX 320u

static const char *const titles[LOCK_FAULT_KINDS] = {
    [LOCK_FAULT_RANK] = "the order of locks",
    [LOCK_FAULT_RECURSION] = "a lock is taken by the one who holds it",
    [LOCK_FAULT_CIRCLE] = "a circle in the order of locks",
    [LOCK_FAULT_IRQ] = "a lock of interrupt handlers is taken with interrupts on",
    [LOCK_FAULT_IRQ_CHAIN] = "a lock of interrupt handlers waits for one that is held with interrupts on",
    [LOCK_FAULT_SLEEP] = "may sleep where nobody may",
    [LOCK_FAULT_USER_RETURN] = "a lock is held on the way to user mode",
    [LOCK_FAULT_FREED] = "the memory of a held lock is freed",
    [LOCK_FAULT_USER_ACCESS] = "user memory is touched with a lock held that a fault may want",
    [LOCK_FAULT_CROSSCALL] = "another CPU is waited for with a spinlock held",
};

/* All under `reporting`. */
static u32 reporting;
static irqflags_t saved_flags;
static enum lock_fault kind_now;
static char text[TEXT_MAX];
static size_t text_n;
static u32 reports;

#ifdef FL_TEST
static struct task *expecting;
static u32 expected_seen;

void held_expect_begin(void)
{
    expected_seen = 0;
    WRITE_ONCE(expecting, current);
}

u32 held_expect_end(void)
{
    WRITE_ONCE(expecting, NULL);
    return expected_seen;
}

bool lock_report_is_expected(void)
{
    struct task *task = READ_ONCE(expecting);

    return task != NULL && task == current;
}

static void count_expected(void)
{
    expected_seen++;
}
#else
static void count_expected(void) {}
#endif

static void add(const char *fmt, va_list args)
{
    int n = fmt_vsnprintf(text + text_n, sizeof text - text_n, fmt, args);

    if (n > 0)
        text_n = MIN(text_n + (size_t)n, sizeof text - 1);
}

void lock_report_add(const char *fmt, ...)
{
    size_t from = text_n;
    va_list args;

    va_start(args, fmt);
    add(fmt, args);
    va_end(args);
    printk("%s", text + from);
}

void lock_report_begin(enum lock_fault kind)
{
    irqflags_t flags = irq_save();

    while (__atomic_exchange_n(&reporting, 1, __ATOMIC_ACQUIRE))
        cpu_relax(); /* the other report ends the run, or is a test's and short */
    saved_flags = flags;
    kind_now = kind;
    text_n = 0;
    lock_report_add("lock rule broken%s: %s\n", lock_report_is_expected() ? " (as a test asked)" : "",
                    titles[kind]);
}

void lock_report_end(const char *fmt, ...)
{
    char sentence[LINE_MAX];
    irqflags_t flags = saved_flags;
    bool expected = lock_report_is_expected();
    va_list args;

    va_start(args, fmt);
    fmt_vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    lock_report_add("  %s\n", sentence);
    if (expected)
        count_expected();
    else
        reports++;
    bool fatal = !expected && lockdep_mode != LOCKDEP_WARN;
    enum lock_fault kind = kind_now;
    __atomic_store_n(&reporting, 0, __ATOMIC_RELEASE); /* before the panic: a test may take that back */
    if (fatal)
        panic("%s: %s", titles[kind], sentence);
    irq_restore(flags);
}

enum lock_fault lock_report_last_kind(void)
{
    return READ_ONCE(kind_now);
}

const char *lock_report_last(void)
{
    return text;
}

u32 lock_report_count(void)
{
    return READ_ONCE(reports);
}
