/* The tables that lock_stat.c fills and lock_stat_report.c reads. */
#pragma once
#include "sync/held.h"

#define LOCK_CLASSES   96u
#define CLASS_OVERFLOW 0x80000000u /* in lock_class.id: counted in row 0 */

struct span {
    u32 min, max; /* cycles */
    u64 total;
};
struct lock_numbers {
    u32 contentions, contend_bounces, acquisitions, acquire_bounces;
    struct span wait, hold;
};
struct lock_table {
    struct lock_numbers row[LOCK_CLASSES][2]; /* by class, then enum lock_mode */
};
extern PERCPU(struct lock_table, lock_tables);
extern struct lock_class *lock_classes[LOCK_CLASSES];
u32 lock_classes_used(void);

/* ---- lock_stat_sites.c: who waited, by place in the code ---- */
void site_add(u32 row, enum lock_mode mode, vaddr_t ip, u32 waited); /* preemption off */
void site_reset(void);
void site_report(void (*line)(void *ctx, const char *text), void *ctx, unsigned most);
/* A number of cycles as microseconds with two places. */
const char *lock_stat_time(char *buf, size_t size, u64 cycles);
