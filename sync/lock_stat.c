/*
 * Lock statistics: recording. One table per CPU, written by that CPU alone, so that measuring a lock does not
 * add a shared cache line to it; the report (lock_stat_report.c) sums them.
 */
#include "sync/lock_stat.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "sync/lock_stat_internal.h"

#ifdef FL_TEST
unsigned lock_stat_on = 1;
#else
unsigned lock_stat_on;
#endif
BOOT_CHOICE(lockstat, "measure every lock: waits, holds, bounces", &lock_stat_on, "off", "on");

PERCPU_DEFINE(lock_tables);
struct lock_class *lock_classes[LOCK_CLASSES];
static atomic_t classes_used = ATOMIC_INIT(1); /* row 0 is for classes beyond the last row */

u32 lock_classes_used(void)
{
    return MIN((u32)atomic_read(&classes_used), LOCK_CLASSES);
}

/* The row of a class, given out at its first use. Two CPUs may both be first: one number is then left unused.
 */
static u32 class_row(struct lock_class *class)
{
    u32 row = READ_ONCE(class->id);

    if (likely(row != 0))
        return row & ~CLASS_OVERFLOW;
    row = (u32)atomic_inc(&classes_used) - 1;
    if (row >= LOCK_CLASSES)
        row = CLASS_OVERFLOW;
    u32 unset = 0;
    if (!__atomic_compare_exchange_n(&class->id, &unset, row, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        row = unset;
    else if (row != CLASS_OVERFLOW)
        WRITE_ONCE(lock_classes[row], class);
    return row & ~CLASS_OVERFLOW;
}

static struct lock_numbers *numbers(struct lock_class *class, enum lock_mode mode)
{
    u32 row = class_row(class);

    assert(row < LOCK_CLASSES && mode <= LOCK_SHARED);
    return &this_cpu(lock_tables).row[row][mode];
}

static void span_add(struct span *span, u32 cycles)
{
    if (span->total == 0 || cycles < span->min)
        span->min = cycles;
    if (cycles > span->max)
        span->max = cycles;
    span->total += cycles;
}

void lock_stat_acquired(struct lock_class *class, enum lock_mode mode, u32 waited, bool contended,
                        bool bounced, vaddr_t ip)
{
    preempt_disable();
    struct lock_numbers *n = numbers(class, mode);
    n->acquisitions++;
    n->acquire_bounces += bounced;
    if (contended) {
        n->contentions++;
        n->contend_bounces += bounced;
        span_add(&n->wait, waited);
        site_add(class_row(class), mode, ip, waited);
    }
    preempt_enable_no_resched();
}

void lock_stat_released(struct lock_class *class, enum lock_mode mode, u32 held)
{
    preempt_disable();
    span_add(&numbers(class, mode)->hold, held);
    preempt_enable_no_resched();
}

void lock_stat_reset(void)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        per_cpu(lock_tables, cpu) = (struct lock_table){0};
    site_reset();
}
