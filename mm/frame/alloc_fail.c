/* The countdown behind alloc_fail_nth() and the boot word failnth=. */
#include "mm/frame/alloc_fail.h"

#ifdef FL_TEST
#include "arch/atomic.h"
#include "diag/bootwords.h"

static u32 failnth; /* from the command line: counts from the first allocation of the boot */
BOOT_NUMBER(failnth, "the Nth allocation of memory fails, once (0: none)", &failnth);

static u32 fail_at;        /* READ_ONCE; 0: none */
static atomic_t allocated; /* since fail_at was set */
static vaddr_t site;       /* READ_ONCE */

void alloc_fail_nth(u32 n)
{
    failnth = 0;
    WRITE_ONCE(fail_at, 0);
    atomic_set(&allocated, 0);
    WRITE_ONCE(fail_at, n);
}

u32 alloc_fail_count(void)
{
    return (u32)atomic_read(&allocated);
}

/* Counts always: a test learns how many sites there are from a first run in which none fails. */
bool alloc_must_fail_at(vaddr_t asked_by)
{
    u32 nth = (u32)atomic_inc(&allocated);
    if (likely(nth != READ_ONCE(fail_at) && nth != READ_ONCE(failnth)))
        return false;
    WRITE_ONCE(site, asked_by);
    return true;
}

vaddr_t alloc_fail_site(void)
{
    return READ_ONCE(site);
}
#endif
