/* The countdowns behind alloc_fail_nth(), alloc_refuse(), /proc/fail_nth and the boot word failnth=; and who
 * was refused. */
#include "mm/frame/alloc_fail.h"

#ifdef FL_TEST
#include "arch/cpu.h"
#include "diag/bootwords.h"
#include "sched/task.h"

static u32 failnth; /* from the command line: counts from the first allocation of the boot */
BOOT_NUMBER(failnth, "the Nth allocation of memory fails, once (0: none)", &failnth);

static atomic_t allocated; /* since boot */
static u32 fail_from,
    fail_at; /* alloc_fail_nth(): values of `allocated`; the same: none is to fail; READ_ONCE */

static u32 round_now;      /* of alloc_refuse(); READ_ONCE; 0: it was never called */
static atomic_t asked;     /* in this round, pauses left out */
static u32 refuse_at;      /* a value of `asked`; 0: none; READ_ONCE */
static vaddr_t refuse_ip;  /* who asks from there first is refused; exchanged */
static bool refuse_paused; /* READ_ONCE */
static bool refused;       /* one was, in this round; READ_ONCE */
static vaddr_t site;       /* of the last that failed, for whatever reason; READ_ONCE */

/* Filled from the front, never emptied; an address is written once, so that no lock is needed. */
#define SITES_MAX 256u
static struct {
    vaddr_t ip;
    atomic_t refused;
    u32 round; /* in which it asked last; READ_ONCE */
} sites[SITES_MAX];

void alloc_fail_nth(u32 n)
{
    u32 now = (u32)atomic_read(&allocated);

    failnth = 0;
    WRITE_ONCE(fail_at, now); /* that number is gone: none fails while `from` is another already */
    WRITE_ONCE(fail_from, now);
    WRITE_ONCE(fail_at, now + n);
}

u32 alloc_fail_count(void)
{
    return (u32)atomic_read(&allocated) - READ_ONCE(fail_from);
}

void alloc_fail_nth_of_task(u32 n)
{
    current->fail_nth = n;
}

void alloc_refuse(u32 n, vaddr_t asked_by)
{
    WRITE_ONCE(refuse_at, 0);
    WRITE_ONCE(refuse_ip, 0);
    WRITE_ONCE(refused, false);
    WRITE_ONCE(refuse_paused, false);
    WRITE_ONCE(round_now, round_now + 1);
    atomic_set(&asked, 0);
    WRITE_ONCE(refuse_ip, asked_by);
    WRITE_ONCE(refuse_at, n);
}

void alloc_refuse_pause(bool paused)
{
    WRITE_ONCE(refuse_paused, paused);
}

u32 alloc_refuse_count(void)
{
    return (u32)atomic_read(&asked);
}

bool alloc_refused(void)
{
    return READ_ONCE(refused);
}

/* Where it stands in the table, entered if need be; SITES_MAX: there is no room. */
static u32 find_site(vaddr_t ip)
{
    u32 i = 0;

    for (; i < SITES_MAX; i++) {
        vaddr_t nobody = 0;
        if (__atomic_compare_exchange_n(&sites[i].ip, &nobody, ip, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST) ||
            nobody == ip)
            break;
    }
    return i;
}

u32 alloc_sites_of_round(vaddr_t *ips, u32 max)
{
    u32 n = 0;

    for (u32 i = 0; i < SITES_MAX && n < max && READ_ONCE(sites[i].ip); i++)
        if (READ_ONCE(sites[i].round) == round_now)
            ips[n++] = sites[i].ip;
    return n;
}

/* An interrupt's allocations are not the task's that it interrupted. */
static bool task_must_fail(void)
{
    struct task *task = current_task();
    return task && unlikely(task->fail_nth) && !in_interrupt() && --task->fail_nth == 0;
}

/* Is this the one that alloc_refuse() meant? */
static bool must_refuse(vaddr_t asked_by, u32 place)
{
    if (place < SITES_MAX)
        WRITE_ONCE(sites[place].round, READ_ONCE(round_now));
    if ((u32)atomic_inc(&asked) != READ_ONCE(refuse_at) &&
        (READ_ONCE(refuse_ip) != asked_by ||
         __atomic_exchange_n(&refuse_ip, 0, __ATOMIC_SEQ_CST) != asked_by))
        return false;
    WRITE_ONCE(refused, true);
    return true;
}

/* Counts always: a test learns how many there are from a first run in which none fails. */
bool alloc_must_fail_at(vaddr_t asked_by)
{
    u32 nth = (u32)atomic_inc(&allocated), place;
    bool fails = nth == READ_ONCE(fail_at) || nth == READ_ONCE(failnth) || task_must_fail(),
         in_round = READ_ONCE(round_now) && !READ_ONCE(refuse_paused);

    if (likely(!fails && !in_round))
        return false;
    place = find_site(asked_by);
    if (in_round && must_refuse(asked_by, place))
        fails = true;
    if (fails && place < SITES_MAX)
        atomic_inc(&sites[place].refused);
    if (fails)
        WRITE_ONCE(site, asked_by);
    return fails;
}

vaddr_t alloc_fail_site(void)
{
    return READ_ONCE(site);
}

bool alloc_site(u32 i, vaddr_t *asked_by, u32 *times)
{
    if (i >= SITES_MAX || !READ_ONCE(sites[i].ip))
        return false;
    *asked_by = sites[i].ip;
    *times = (u32)atomic_read(&sites[i].refused);
    return true;
}

u32 alloc_fail_report(void (*line)(void *ctx, vaddr_t site, u32 refused), void *ctx)
{
    u32 all = 0, times;
    vaddr_t ip;

    for (u32 i = 0; alloc_site(i, &ip, &times); i++) {
        if (times)
            line(ctx, ip, times);
        all += times;
    }
    return all;
}
#endif
