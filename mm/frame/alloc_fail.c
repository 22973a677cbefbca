/* The countdowns behind alloc_fail_nth(), /proc/fail_nth and the boot word failnth=; and who was refused. */
#include "mm/frame/alloc_fail.h"

#ifdef FL_TEST
#include "arch/cpu.h"
#include "diag/bootwords.h"
#include "sched/task.h"

static u32 failnth; /* from the command line: counts from the first allocation of the boot */
BOOT_NUMBER(failnth, "the Nth allocation of memory fails, once (0: none)", &failnth);

static u32 fail_at;        /* READ_ONCE; 0: none */
static atomic_t allocated; /* since fail_at was set */
static vaddr_t site;       /* READ_ONCE */

/* Filled from the front, never emptied; an address is written once, so that no lock is needed. */
#define SITES_MAX 256u
static struct {
    vaddr_t ip;
    atomic_t refused;
} sites[SITES_MAX];

void alloc_fail_nth(u32 n)
{
    failnth = 0;
    WRITE_ONCE(fail_at, 0);
    atomic_set(&allocated, 0);
    WRITE_ONCE(fail_at, n);
}

void alloc_fail_nth_of_task(u32 n)
{
    current->fail_nth = n;
}

u32 alloc_fail_count(void)
{
    return (u32)atomic_read(&allocated);
}

static void note_site(vaddr_t ip)
{
    for (u32 i = 0; i < SITES_MAX; i++) {
        vaddr_t nobody = 0;
        if (__atomic_compare_exchange_n(&sites[i].ip, &nobody, ip, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST) ||
            nobody == ip) {
            atomic_inc(&sites[i].refused);
            return;
        }
    }
}

/* An interrupt's allocations are not the task's that it interrupted. */
static bool task_must_fail(void)
{
    struct task *task = current_task();
    return task && unlikely(task->fail_nth) && !in_interrupt() && --task->fail_nth == 0;
}

/* Counts always: a test learns how many sites there are from a first run in which none fails. */
bool alloc_must_fail_at(vaddr_t asked_by)
{
    u32 nth = (u32)atomic_inc(&allocated);
    if (likely(nth != READ_ONCE(fail_at) && nth != READ_ONCE(failnth)) && !task_must_fail())
        return false;
    WRITE_ONCE(site, asked_by);
    note_site(asked_by);
    return true;
}

vaddr_t alloc_fail_site(void)
{
    return READ_ONCE(site);
}

u32 alloc_fail_report(void (*line)(void *ctx, vaddr_t site, u32 refused), void *ctx)
{
    u32 all = 0;
    for (u32 i = 0; i < SITES_MAX && READ_ONCE(sites[i].ip); i++) {
        u32 refused = (u32)atomic_read(&sites[i].refused);
        line(ctx, sites[i].ip, refused);
        all += refused;
    }
    return all;
}
#endif
