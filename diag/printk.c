/*
 * printk: formats under a lock of its own, so that one CPU's line stays whole, and writes at once, so that
 * what was printed before a crash is seen.
 *
 * The lock is below the checked locks (they report through printk). Its holder runs with interrupts off and
 * waits for nobody, so a waiter may spin. Only an NMI or a fault inside printk can find the lock held by its
 * own CPU; then the line goes to a side buffer that the holder prints before it lets go. After
 * printk_emergency() the holder may be dead: waiters give up after a while, and the line is written in any
 * case.
 */
#include "diag/printk.h"
#include "arch/console.h"
#include "arch/cpu.h"
#include "diag/bootwords.h"
#include "diag/control.h"
#include "diag/printk_internal.h"
#include "diag/printk_log.h"
#include "lib/format.h"
#include "lib/string.h"

#define LINE_MAX        1024
#define EMERGENCY_SPINS 20000000u /* some tenths of a second: far longer than any line takes */

static u32 lock_owner; /* CPU id + 1, or 0: free */
static bool emergency;
static bool quiet;
BOOT_FLAG(quiet, "printk goes to the control port and the log only", &quiet);

static char line[LINE_MAX]; /* under the lock */

struct side_buffer {
    u32 used;
    char text[512];
};
static PERCPU(struct side_buffer, side);

/* False: this CPU holds it already. Interrupts off. No choice point: the explorer gains nothing by looking in
 * here. */
static bool lock_printk(void)
{
    u32 me = cpu_id() + 1;
    if (READ_ONCE(lock_owner) == me) {
        if (!READ_ONCE(emergency))
            return false;
        return true; /* the holder below us on this stack will not come back */
    }
    for (u32 spins = 0;; spins++) {
        u32 free = 0;
        if (__atomic_compare_exchange_n(&lock_owner, &free, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
        if (READ_ONCE(emergency) && spins >= EMERGENCY_SPINS) {
            WRITE_ONCE(lock_owner, me);
            return true;
        }
        cpu_relax();
    }
}

static void unlock_printk(void)
{
    __atomic_store_n(&lock_owner, 0, __ATOMIC_RELEASE);
}

static bool in_log_record; /* under the lock: a `log` record has begun and its line has not ended */

/* One `log` record for each line of the text; a line may come in several messages. */
static void write_control_log(const char *text, size_t n)
{
    while (n > 0) {
        size_t length = 0;
        while (length < n && text[length] != '\n')
            length++;
        bool ends = length < n;
        length += ends;
        if (!in_log_record)
            control_write(CONTROL_LOG, sizeof CONTROL_LOG - 1);
        control_write(text, length);
        in_log_record = !ends;
        text += length;
        n -= length;
    }
}

static void write_everywhere(const char *text, size_t n)
{
    printk_log_append(text, n);
    if (!READ_ONCE(quiet) || READ_ONCE(emergency))
        console_write(text, n);
    write_control_log(text, n);
}

static void keep_aside(const char *fmt, va_list args)
{
    struct side_buffer *s = &this_cpu(side);
    int n = fmt_vsnprintf(s->text + s->used, sizeof s->text - s->used, fmt, args);
    s->used = MIN(s->used + (u32)n, (u32)sizeof s->text - 1);
}

static void print_what_was_kept_aside(void)
{
    struct side_buffer *s = &this_cpu(side);
    if (unlikely(READ_ONCE(s->used))) {
        write_everywhere(s->text, s->used);
        WRITE_ONCE(s->used, 0);
    }
}

void vprintk(const char *fmt, va_list args)
{
    irqflags_t flags = irq_save();
    if (lock_printk()) {
        int n = fmt_vsnprintf(line, sizeof line, fmt, args);
        if (n >= LINE_MAX) { /* cut, but still a line */
            n = LINE_MAX - 1;
            line[n - 1] = '\n';
        }
        write_everywhere(line, (size_t)n);
        print_what_was_kept_aside();
        unlock_printk();
    } else {
        keep_aside(fmt, args);
    }
    irq_restore(flags);
}

void printk(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}

/* From an NMI inside printk a record is dropped: only printk's own text is worth keeping aside. */
void control_record(const char *fmt, ...)
{
    va_list args;
    irqflags_t flags = irq_save();
    va_start(args, fmt);
    if (lock_printk()) {
        int n = fmt_vsnprintf(line, sizeof line - 1, fmt, args);
        n = MIN(n, LINE_MAX - 2);
        line[n++] = '\n';
        if (in_log_record) /* records are whole lines */
            control_write("\n", 1);
        in_log_record = false;
        control_write(line, (size_t)n);
        print_what_was_kept_aside();
        unlock_printk();
    }
    va_end(args);
    irq_restore(flags);
}

void printk_set_quiet(bool on)
{
    WRITE_ONCE(quiet, on);
}
void printk_emergency(void)
{
    WRITE_ONCE(emergency, true);
}
