/* See mm/frame/reclaim.h. */
#include "mm/frame/reclaim.h"
#include "arch/cpu.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "sync/held.h"

struct page *(*compact_hook)(u32 count, u32 align, pfn_t below); /* (c) after boot */
static struct reclaimer *reclaimers;                             /* (c) after boot */

init_text void reclaim_register(struct reclaimer *r)
{
    r->next = reclaimers;
    reclaimers = r;
}

void reclaim_all(void)
{
    assert(!in_atomic() && spins_held_count() == 0);
    preempt_disable();
    count_event(allocstall);
    preempt_enable();
    for (const struct reclaimer *r = reclaimers; r; r = r->next)
        r->give_back();
}
