/*
 * Saying that a rule of the locks is broken: one report at a time, whole, on the console and kept as text.
 *
 *   lock_report_begin(LOCK_FAULT_CIRCLE);
 *   lock_report_add("  %s is held, taken at %pS\n", ...);      as many as there are
 *   lock_report_end("Whoever ...: neither ever goes on.");      one sentence; the run ends here, unless ...
 *
 * ... a test asked for the mistake (held_expect_begin), or lockdep=warn. Any context, with any lock held.
 */
#pragma once
#include "lib/compiler.h"

enum lock_fault {
    LOCK_FAULT_NONE,
    LOCK_FAULT_RANK,        /* against the order of sync/lock_order.h */
    LOCK_FAULT_RECURSION,   /* taken by the one who holds it, R34 */
    LOCK_FAULT_CIRCLE,      /* against the order learned so far */
    LOCK_FAULT_IRQ,         /* an interrupt may spin for what its own CPU holds */
    LOCK_FAULT_IRQ_CHAIN,   /* the same over several locks and CPUs */
    LOCK_FAULT_SLEEP,       /* may sleep in atomic context */
    LOCK_FAULT_USER_RETURN, /* held on the way to user mode */
    LOCK_FAULT_FREED,       /* its memory is given back while it is held */
    LOCK_FAULT_USER_ACCESS, /* user memory is touched with a lock held that a fault may want, R35 */
    LOCK_FAULT_CROSSCALL,   /* another CPU is waited for with a spinlock held, R41 */
    LOCK_FAULT_KINDS
};

void lock_report_begin(enum lock_fault kind);
void lock_report_add(const char *fmt, ...) printf_like(1, 2);
/* The sentence, without newline. Returns only if the mistake was asked for. */
void lock_report_end(const char *fmt, ...) printf_like(1, 2);

/* The kind and the text of the last report; for tests and /proc/lockdep. The text ends with the sentence. */
enum lock_fault lock_report_last_kind(void);
const char *lock_report_last(void);
u32 lock_report_count(void); /* since boot, those that tests asked for not counted */

#ifdef FL_TEST
/* A test that breaks a rule on purpose: between these two calls the running task's violations are counted
 * instead of stopping the machine. One task at a time. The end returns how many there were. */
void held_expect_begin(void);
u32 held_expect_end(void);
/* Is the running task such a test? */
bool lock_report_is_expected(void);
#else
static inline bool lock_report_is_expected(void)
{
    return false;
}
#endif
